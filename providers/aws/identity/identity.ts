import { messageOf } from "../../../src/errors.ts";
import type { IdentityProof } from "../../../src/provider/cloud-provider.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { unlessAborted } from "../../../src/wait.ts";
import type { Ec2Api } from "../api/client.ts";
import { accountOf } from "../machines/machines.ts";
import { awsCertificates, type CertificatesOf } from "./certificates.ts";
import { problemOfDocument } from "./document.ts";

/** Verifies the instance identity documents of machines in one account and region. */
export class Ec2Identity {
  readonly #api: Ec2Api;
  readonly #certificates: ReturnType<typeof awsCertificates>;
  #account: Promise<string | undefined> | undefined;
  #hasWarned = false;

  constructor(api: Ec2Api, given: string | undefined) {
    this.#api = api;
    this.#certificates = awsCertificates(given, api.region);
  }

  /** As `CloudProvider.verifyIdentity`. */
  async verify(
    machine: Machine,
    { document }: IdentityProof,
    signal: AbortSignal,
    warn: (warning: string) => void,
  ): Promise<string | undefined> {
    const [certificates, account] = await Promise.all([
      unlessAborted(signal, this.#certificatesOf(warn)),
      this.#accountOf(machine, signal),
    ]);
    const { region } = this.#api;
    return problemOfDocument(document, { machine, region, account, certificates, now: new Date() });
  }

  /** Undefined, and a warning once, where they cannot be had: AWS adds regions, and its guide is not everywhere in reach. */
  async #certificatesOf(warn: (warning: string) => void): Promise<ReturnType<CertificatesOf>> {
    const { source } = this.#certificates;
    const { region } = this.#api;
    try {
      const found = (await this.#certificates.content())(region);
      if (found === undefined) this.#warnOnce(warn, `${source} has none for ${region}`);
      return found;
    } catch (error) {
      this.#warnOnce(warn, messageOf(error));
      return undefined;
    }
  }

  #warnOnce(warn: (warning: string) => void, why: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warn(
      `AWS' certificates for instance identity documents cannot be had (${why}). Machines join by token and address; ` +
        "what the documents say is compared, their signatures are not verified. Set `identityCertificates` to a file with them.",
    );
  }

  /** Asked for once: a thousand machines may join at one moment. */
  async #accountOf({ id }: Machine, signal: AbortSignal): Promise<string | undefined> {
    const asking = this.#account ?? accountOf(this.#api, id, signal);
    this.#account = asking;
    try {
      const account = await unlessAborted(signal, asking);
      if (account === undefined) this.#account = undefined;
      return account;
    } catch (error) {
      this.#account = undefined;
      throw error;
    }
  }
}
