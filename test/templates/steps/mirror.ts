import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";

const run = promisify(execFile);
const LOCK = `import fcntl, sys, time
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
`;

/** What a mirror answers instead of a file: a status, or a text with status 200. `undefined`: the file. */
export type Mood = (url: string, request: number) => number | string | undefined;

/** A machine's source of packages. */
export interface Source {
  readonly suite?: string;
  readonly key?: string;
  readonly mood?: Mood;
}

/** A real, signed repository of Debian packages on loopback, which can be in any mood. Its packages: `hello`, and `big` of 256 KB. */
export class Mirror implements AsyncDisposable {
  readonly #folder: string;
  readonly #servers: Listening[] = [];

  static async open(): Promise<Mirror> {
    const folder = await mkdtemp(join(tmpdir(), "dask-fleet-mirror-"));
    await pack(folder, "hello", "x");
    await pack(
      folder,
      "big",
      Array.from({ length: 40_000 }, (_, i) => ((i * 2_654_435_761) % 2 ** 32).toString(36)).join(""),
    );
    await mkdir(join(folder, "home"), { mode: 0o700 });
    await gpg(folder, "--passphrase", "", "--quick-generate-key", "mirror", "ed25519", "sign", "never");
    await writeFile(join(folder, "key.asc"), await gpg(folder, "--armor", "--export"));
    for (const [suite, date] of [
      ["good", new Date()],
      ["early", new Date(Date.now() + 172_800_000)],
    ] as const) {
      await release(folder, suite, date);
    }
    await gpg(folder, "--passphrase", "", "--quick-generate-key", "other", "ed25519", "sign", "never");
    await writeFile(join(folder, "other.asc"), await gpg(folder, "--armor", "--export", "other"));
    await run("gpgconf", ["--homedir", join(folder, "home"), "--kill", "all"]);
    return new Mirror(folder);
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A machine's files: a mirror of its own as its one source, with the key that fits. */
  async files({ suite = "good", key = "key.asc", mood }: Source = {}): Promise<Record<string, string>> {
    return {
      "/etc/apt/keyrings/mirror.asc": await this.text(key),
      "/etc/apt/sources.list": `deb [signed-by=/etc/apt/keyrings/mirror.asc] ${await this.serve(mood)} ${suite} main\n`,
      "/var/tmp/lock.py": LOCK,
    };
  }

  /** A file of the mirror's. */
  async text(name: string): Promise<string> {
    return await readFile(join(this.#folder, name), "utf8");
  }

  /** The fingerprint of a key of the mirror's. */
  async fingerprint(key: string): Promise<string> {
    const shown = await gpg(this.#folder, "--show-keys", "--with-colons", join(this.#folder, key));
    return /^fpr:+(?<hex>[0-9A-F]{40}):$/mu.exec(shown)?.groups?.["hex"] ?? "";
  }

  /** The URL of a server of its own. */
  async serve(mood: Mood = () => undefined): Promise<string> {
    let requests = 0;
    const server = createServer(({ url = "/" }, response) => {
      const answer = mood(url, ++requests);
      const missing = (): void => void response.writeHead(404).end();
      if (typeof answer === "number") response.writeHead(answer).end();
      else if (answer !== undefined) response.end(answer);
      else readFile(join(this.#folder, url)).then((bytes) => response.end(bytes), missing);
    });
    const listening = await Listening.open(server, 0, "127.0.0.1");
    this.#servers.push(listening);
    return `http://127.0.0.1:${listening.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Bash that holds an apt lock for that many seconds, from before the step. */
export function held(path: string, seconds: number): string {
  return `coproc /usr/bin/python3 /var/tmp/lock.py ${path} ${seconds}; read -r _ <&"\${COPROC[0]}"`;
}

async function pack(folder: string, name: string, content: string): Promise<void> {
  const files = join(folder, name);
  await mkdir(join(files, "DEBIAN"), { recursive: true });
  await mkdir(join(files, "var/lib", name), { recursive: true });
  await mkdir(join(folder, "pool"), { recursive: true });
  await writeFile(join(files, "var/lib", name, "content"), content);
  const control = [
    `Package: ${name}`,
    "Version: 1",
    "Architecture: all",
    "Maintainer: a test <a@localhost>",
    "Description: x",
  ];
  await writeFile(join(files, "DEBIAN/control"), `${control.join("\n")}\n`);
  await run("dpkg-deb", ["-Znone", "--root-owner-group", "--build", files, join(folder, "pool", `${name}.deb`)]);
}

async function release(folder: string, suite: string, date: Date): Promise<void> {
  const architecture = (await run("dpkg", ["--print-architecture"])).stdout.trim();
  const lists = join(folder, "dists", suite, "main", `binary-${architecture}`);
  await mkdir(lists, { recursive: true });
  const { stdout } = await run("dpkg-scanpackages", ["--multiversion", "pool"], { cwd: folder });
  await writeFile(join(lists, "Packages"), stdout);
  const [sum = ""] = (await run("sha256sum", [join(lists, "Packages")])).stdout.split(" ");
  const text = [
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    "Components: main",
    `Architectures: ${architecture}`,
    `Date: ${date.toUTCString()}`,
    "SHA256:",
    ` ${sum} ${Buffer.byteLength(stdout)} main/binary-${architecture}/Packages`,
  ];
  await writeFile(join(folder, "Release"), `${text.join("\n")}\n`);
  await gpg(folder, "--output", join(folder, "dists", suite, "InRelease"), "--clearsign", join(folder, "Release"));
}

async function gpg(folder: string, ...args: string[]): Promise<string> {
  return (await run("gpg", ["--homedir", join(folder, "home"), "--batch", "--quiet", "--yes", ...args])).stdout;
}
