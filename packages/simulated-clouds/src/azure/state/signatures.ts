import { createHmac, randomBytes } from "node:crypto";

/** What makes a URL good for whoever has it. */
export class Signatures {
  readonly #key = randomBytes(32);

  of(name: string): string {
    return createHmac("sha256", this.#key).update(name).digest("base64url");
  }
}
