import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fixedOcid } from "./ocid.ts";

export const TENANCY = fixedOcid("tenancy", "", "dask");
export const USER = fixedOcid("user", "", "dask");

/** A user's API key. */
export interface ApiKey {
  readonly privateKeyPem: string;
  readonly publicKey: KeyObject;
  /** MD5 of the public key's DER, as `b9:a6:1d:…`. */
  readonly fingerprint: string;
}

/** The cloud demands 2048. A client signs each call, and so it is several times as fast. */
const KEY_BITS = 1024;

let made: ApiKey | undefined;

/** The same for all simulated clouds of this process: RSA keys take long to make. */
export function apiKey(): ApiKey {
  made ??= newApiKey();
  return made;
}

export function newApiKey(): ApiKey {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: KEY_BITS });
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: "spki", format: "der" });
  return {
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey,
    fingerprint: createHash("md5").update(der).digest("hex").match(/../gu)?.join(":") ?? "",
  };
}

/** OCI's configuration file and the key that it names, in a folder of their own that only this user can read. */
export class CredentialFiles implements Disposable {
  readonly configFile: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "simulated-oci-"));
  readonly #remove = (): void => rmSync(this.#directory, { recursive: true, force: true });

  constructor(region: string, { privateKeyPem, fingerprint }: ApiKey) {
    // Also where the process ends by a mistake of its own.
    process.once("exit", this.#remove);
    const keyFile = join(this.#directory, "key.pem");
    this.configFile = join(this.#directory, "config");
    const settings = { user: USER, fingerprint, tenancy: TENANCY, region, key_file: keyFile };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(keyFile, privateKeyPem, { mode: 0o600 });
    writeFileSync(this.configFile, `[DEFAULT]\n${lines.join("")}`, { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}
