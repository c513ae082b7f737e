import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type KeyKind = "rsa:2048" | "rsa:1024" | "P-256" | "secp256k1" | "ed25519";

interface Issue {
  readonly key?: KeyKind;
  /** Lines of an OpenSSL extension section; none gives a version 1 certificate where OpenSSL still makes those. */
  readonly extensions?: readonly string[];
  readonly digest?: "sha1" | "sha256";
  readonly days?: number;
  readonly subject?: string;
}

/** A certificate and its key as files. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

const AUTHORITY = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];

/** A directory of files made by the plain `openssl` command, as a user would make them. */
export class OpensslFiles implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), "dask-fleet-openssl-"));

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }

  #made = 0;

  /** An unused number, for names. */
  count(): number {
    this.#made += 1;
    return this.#made;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  chmod(path: string, mode: number): void {
    chmodSync(path, mode);
  }

  /** The files' texts, concatenated into a new file. */
  join(name: string, ...files: readonly string[]): string {
    return this.write(name, files.map((file) => readFileSync(file, "utf8")).join(""));
  }

  run(...args: readonly string[]): string {
    return execFileSync("openssl", args, { cwd: this.directory, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  key(name: string, kind: KeyKind = "P-256"): string {
    const path = this.path(`${name}.key`);
    const [type = "", bits] = kind.split(":");
    if (bits !== undefined) this.run("genrsa", "-out", path, bits);
    else if (type === "ed25519") this.run("genpkey", "-algorithm", type, "-out", path);
    else this.run("genpkey", "-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${type}`, "-out", path);
    return path;
  }

  selfSigned(name: string, { key: kind = "P-256", extensions = [], days = 365, subject = name }: Issue = {}): Pair {
    const pair = { cert: this.path(`${name}.pem`), key: this.key(name, kind) };
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    const dates = ["-days", String(days)];
    this.run("req", "-x509", "-key", pair.key, "-out", pair.cert, ...dates, "-subj", `/CN=${subject}`, ...added);
    return pair;
  }

  authority(name: string, options: Issue = {}): Pair {
    // An empty configuration: otherwise `req` adds a second basicConstraints of its own.
    const config = this.write("empty.cnf", "[req]\ndistinguished_name=name\n[name]\n");
    const pair = { cert: this.path(`${name}.pem`), key: this.key(name, options.key) };
    const added = (options.extensions ?? AUTHORITY).flatMap((extension) => ["-addext", extension]);
    const subject = `/CN=${options.subject ?? name}`;
    this.run("req", "-x509", "-config", config, "-key", pair.key, "-out", pair.cert, "-subj", subject, ...added);
    return pair;
  }

  /** A certificate from a signing request: `openssl req -new`, then `openssl x509 -req`. */
  signed(name: string, by: Pair, options: Issue = {}): Pair {
    const pair = { cert: this.path(`${name}.pem`), key: this.key(name, options.key) };
    const request = this.path(`${name}.csr`);
    this.run("req", "-new", "-key", pair.key, "-out", request, "-subj", `/CN=${options.subject ?? name}`);
    const { extensions = [], digest = "sha256", days = 365 } = options;
    const file = extensions.length === 0 ? [] : ["-extfile", this.write(`${name}.ext`, extensions.join("\n"))];
    const issuer = ["-CA", by.cert, "-CAkey", by.key, "-CAcreateserial"];
    this.run(
      "x509",
      "-req",
      "-in",
      request,
      "-out",
      pair.cert,
      ...issuer,
      `-${digest}`,
      "-days",
      String(days),
      ...file,
    );
    return pair;
  }

  intermediate(name: string, by: Pair, options: Issue = {}): Pair {
    return this.signed(name, by, { extensions: AUTHORITY, ...options });
  }
}
