import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { Machine } from "../../provider/machine.ts";
import { printableLine } from "../../text/printable.ts";
import { within } from "../../wait.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import { judge } from "./judge.ts";
import { type JoinRequest, keyHash } from "./request.ts";

/** A certificate, and what its machine gets with it. */
export interface Signed {
  readonly cert: string;
  readonly files: string | undefined;
}

/** What a machine is answered. */
export type JoinAnswer =
  | Signed
  /** Seconds until it is to ask again, and why. */
  | { readonly wait: number; readonly why: string }
  /** `isFinal`: a machine of ours is refused, and another try gives the same. */
  | { readonly refused: string; readonly isFinal?: boolean };

export interface RegistrarOptions {
  readonly spec: Pick<ClusterSpec, "security" | "tokens" | "capabilities" | "options">;
  readonly provider: Pick<ClusterProvider, "verifyIdentity">;
  /** The machine of that name, as last listed. */
  readonly machineNamed: (name: string) => Machine | undefined;
  /** Called with a machine whose certificate a second key has asked for. */
  readonly onAlarm: (machine: Machine, why: string) => void;
  /** Told once of each thing that a provider cannot verify and lets pass. */
  readonly warn: (message: string) => void;
}

interface Entry extends Signed {
  readonly key256: Buffer;
}

/** Who is to be given a certificate. */
interface Applicant extends Omit<Entry, "cert"> {
  readonly machine: Machine;
  /** Its role on that machine. */
  readonly node: string;
}

const IDENTITY_TIMEOUT_MS = 10_000;
const WAIT_SECONDS = 1;

/** Judges requests, and signs what is good: once for each role of a machine. The same key gets the same certificate again. */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #signed = new Map<string, Entry>();
  readonly #alarmed = new Set<string>();
  readonly #warned = new Set<string>();

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** Never rejects, unless the signal is aborted. Resolves in the same turn where no identity document is wanted. */
  async answer(request: JoinRequest, signal: AbortSignal): Promise<JoinAnswer> {
    const found = this.#judged(request);
    if (!("machine" in found)) return found;
    if (this.#options.spec.capabilities.identity === undefined) return this.#sign(request, found);
    const trouble = await this.#identityTrouble(request, found, signal);
    if (trouble !== undefined) return trouble;
    // Meanwhile another key may have been signed, or the machine be gone.
    const again = this.#judged(request);
    if (!("machine" in again)) return again;
    const isSame = again.machine.id === found.machine.id;
    return isSame ? this.#sign(request, again) : { wait: WAIT_SECONDS, why: "another machine has its name now" };
  }

  /** The answer, where it is known already, or who is to be given a certificate. */
  #judged(request: JoinRequest): JoinAnswer | Applicant {
    const { spec, machineNamed, onAlarm } = this.#options;
    const { role, name, spki } = request;
    const [key256, machine] = [keyHash(spki), machineNamed(name)];
    // Of another machine under a name of before nothing is signed yet.
    const node = `${role} ${machine?.id}`;
    const signed = this.#signed.get(node);
    const tokens = spec.tokens.living(role);
    const isBeside = spec.options.singleNode;
    const { addressesListed = true } = spec.capabilities;
    const verdict = judge(request, { tokens, machine, isBeside, addressesListed, signedFor: signed?.key256, key256 });
    if (verdict.act === "wait") return { wait: WAIT_SECONDS, why: verdict.why };
    if (verdict.act === "alarm" && machine !== undefined && !this.#alarmed.has(node)) {
      this.#alarmed.add(node);
      onAlarm(machine, verdict.why);
    }
    if (verdict.act !== "sign") return refusal(verdict.why, verdict.act === "alarm");
    if (machine === undefined) return refusal("no such machine", false);
    return signed ?? { machine, node, key256, files: verdict.token.files };
  }

  #sign({ role, name, spki }: JoinRequest, { node, key256, files }: Applicant): JoinAnswer {
    const { security } = this.#options.spec;
    if (security === undefined) return refusal("this cluster has no certificates", false);
    const cert = security.joining.sign(role === "scheduler" ? "scheduler" : "worker", spki, name);
    const entry = { key256, cert, files };
    this.#signed.set(node, entry);
    return entry;
  }

  async #identityTrouble(
    { identity: document }: JoinRequest,
    { machine, key256 }: Applicant,
    signal: AbortSignal,
  ): Promise<JoinAnswer | undefined> {
    if (document === undefined) {
      const missing = "it shows no identity document of its cloud; its console says why";
      return refusal(`${missing}. \`identityCertificates: "never"\` does without`, true);
    }
    const proof = { document, key256: key256.toString("hex") };
    const deadline = new Deadline(IDENTITY_TIMEOUT_MS, signal);
    try {
      const why = await within("the machine's identity document", deadline, (inner) =>
        this.#options.provider.verifyIdentity(machine, proof, inner, (warning) => this.#warnOnce(warning)),
      );
      return why === undefined ? undefined : refusal(printableLine(why), true);
    } catch (error) {
      signal.throwIfAborted();
      // What could not be asked says nothing about the machine.
      return { wait: WAIT_SECONDS, why: messageOf(error) };
    }
  }

  #warnOnce(warning: string): void {
    const message = printableLine(warning);
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.warn(message);
  }
}

function refusal(refused: string, isFinal: boolean): JoinAnswer {
  return { refused, isFinal };
}
