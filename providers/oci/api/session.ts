import type { AuthProvider } from "./sdk.ts";

/** A token lasts an hour, and `oci session refresh` writes the next one into the same file. */
const READ_EVERY_MS = 10_000;

/** Who signs with a session of `oci session authenticate`, read again and again: a cluster may outlive a token. */
export class Session implements AuthProvider {
  readonly #read: () => AuthProvider;
  #current: AuthProvider;
  #readAt = Date.now();

  /** @param read the profile and its files as they are now */
  constructor(read: () => AuthProvider) {
    this.#read = read;
    this.#current = read();
  }

  async getKeyId(): Promise<string> {
    this.#readAgain();
    return await this.#current.getKeyId();
  }

  getPrivateKey(): string {
    return this.#current.getPrivateKey();
  }

  getPassphrase(): string | null {
    return this.#current.getPassphrase();
  }

  #readAgain(): void {
    if (Date.now() - this.#readAt < READ_EVERY_MS) return;
    this.#readAt = Date.now();
    try {
      this.#current = this.#read();
    } catch {
      // The files are just being written: what was read may be good still, and OCI says if not.
    }
  }
}
