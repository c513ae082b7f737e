import { createHmac, randomBytes } from "node:crypto";

/** The signature that makes a URL self-sufficient. */
export class Signatures {
  readonly #key = randomBytes(32);

  of(name: string): string {
    return createHmac("sha256", this.#key).update(name).digest("base64url");
  }
}
