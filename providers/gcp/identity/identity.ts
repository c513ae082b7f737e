import { notHad } from "../../../src/cloud/identity/not-had.ts";
import { Published } from "../../../src/cloud/identity/published.ts";
import type { IdentityProof } from "../../../src/provider/cloud-provider.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { unlessAborted } from "../../../src/wait.ts";
import { type GoogleKeys, keysIn, problemOfToken, readToken } from "./token.ts";

const GOOGLES_KEYS = "https://www.googleapis.com/oauth2/v3/certs";
/** Google rotates its keys about daily. */
const KEPT_MS = 3_600_000;
/** An id that Google does not know is looked for in a newer list, but not for each token anew. */
const FRESH_MS = 60_000;

/** Verifies the identity tokens of machines in one project. */
export class GcpIdentity {
  readonly #project: string;
  readonly #keys: Published<GoogleKeys>;

  /** @param given the `identityCertificates` option */
  constructor(project: string, given: string | undefined) {
    this.#project = project;
    this.#keys = new Published(given ?? GOOGLES_KEYS, (text) => keysIn(text.toString()), KEPT_MS);
  }

  /** As `CloudProvider.verifyIdentity`. */
  async verify(
    machine: Machine,
    { document, key256 }: IdentityProof,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const token = readToken(document);
    if (token === undefined) return "its identity token cannot be read";
    const key = await this.#keyOf(token.keyId, signal);
    return problemOfToken(token, key, { machine, project: this.#project, key256, now: new Date() });
  }

  async #keyOf(id: string, signal: AbortSignal): Promise<ReturnType<GoogleKeys["get"]>> {
    try {
      const known = (await unlessAborted(signal, this.#keys.content())).get(id);
      return known ?? (await unlessAborted(signal, this.#keys.content(FRESH_MS))).get(id);
    } catch (error) {
      signal.throwIfAborted();
      throw notHad("Google's keys for identity tokens", error);
    }
  }
}
