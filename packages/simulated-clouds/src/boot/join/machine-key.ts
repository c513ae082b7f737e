import { type KeyObject, X509Certificate, createHash, createHmac, generateKeyPairSync } from "node:crypto";

import { type TlsMaterial, issueCertificate } from "../../dask-fleet.ts";
import type { JoinParameters } from "./join-parameters.ts";

type Message = Readonly<Record<string, unknown>>;

const DAY_MS = 86_400_000;

/** The key that a machine has made, and what it says and believes about it as `templates/join.py` does. */
export class MachineKey {
  readonly #parameters: JoinParameters;
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;
  readonly spki: Buffer;

  constructor(parameters: JoinParameters) {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#parameters = parameters;
    this.#publicKey = publicKey;
    this.#privateKey = privateKey;
    this.spki = publicKey.export({ type: "spki", format: "der" });
  }

  get hash(): Buffer {
    return createHash("sha256").update(this.spki).digest();
  }

  get pem(): string {
    return this.#privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  }

  /** A certificate of its own, for the launcher's first connection. */
  selfSigned(): string {
    const name = { commonName: "dask-fleet" };
    const [publicKey, privateKey] = [this.#publicKey, this.#privateKey];
    return issueCertificate({
      subject: name,
      publicKey,
      issuer: name,
      issuerPublicKey: publicKey,
      issuerPrivateKey: privateKey,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + DAY_MS),
      use: { dnsName: "dask-fleet", server: true },
    }).toString();
  }

  /** HMAC-SHA256 with the machine's token over parts that each have their length in front. */
  mac(...parts: readonly (string | Buffer)[]): string {
    const mac = createHmac("sha256", this.#parameters.token);
    for (const part of parts) {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      mac.update(length).update(bytes);
    }
    return mac.digest("hex");
  }

  /** @throws Error for an answer that the machine would not believe */
  accept({ cert, files }: Message): TlsMaterial {
    const { ca, digest } = this.#parameters;
    if (digest !== "" && createHash("sha256").update(String(files)).digest("hex") !== digest) {
      throw new Error("the launcher's files are of another version than this machine's user data");
    }
    if (typeof cert !== "string" || !new X509Certificate(cert).checkPrivateKey(this.#privateKey)) {
      throw new Error("the certificate is not of this machine's key");
    }
    return { ca, cert, key: this.pem };
  }
}
