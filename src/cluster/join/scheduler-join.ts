import { Deadline } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import type { Machine } from "../../provider/machine.ts";
import type { Security } from "../../security/security.ts";
import { printableName } from "../../text/printable.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import type { Lead } from "../lead/lead.ts";
import { keepSecurity, securityInRecord } from "./authority-in-record.ts";
import { callBoot } from "./boot-call.ts";
import type { JoinAnswer } from "./registrar.ts";
import type { JoinRequest } from "./request.ts";

export interface SchedulerJoinOptions {
  readonly spec: ClusterSpec;
  readonly security: Security;
  readonly lead: Lead;
  readonly machine: Machine;
  /** Its address for this process. */
  readonly host: string;
  readonly answer: (request: JoinRequest, signal: AbortSignal) => Promise<JoinAnswer>;
}

/** For one call; a listener has 10 s for each of its lines. */
const CALL_TIMEOUT_MS = 15_000;

/**
 * Gives a scheduler that boots its certificate: who starts a cluster dials its boot listener; others read the record, where the one that
 * has done so writes it.
 */
export class SchedulerJoin {
  readonly #options: SchedulerJoinOptions;
  /** Whether no more is to be done: its machine has said that it has the certificate, or the record has it. */
  #isIn = false;
  /** Why it is refused for good. */
  #refused: string | undefined;

  constructor(options: SchedulerJoinOptions) {
    this.#options = options;
  }

  /**
   * One attempt. Afterwards the scheduler's key is pinned.
   *
   * @throws DaskFleetError `SCHEDULER_REFUSED` when no attempt can help
   */
  async attempt(deadline: Deadline): Promise<void> {
    if (this.#isIn) return;
    const { spec, security, lead } = this.#options;
    if (spec.tokens.living("scheduler").length > 0) {
      const isTaken = await this.#dial(deadline);
      await keepSecurity({ spec, lead });
      this.#isIn = isTaken;
    } else {
      if (security.joining.scheduler === undefined) await this.#follow();
      this.#isIn = true;
    }
  }

  /** Resolves with whether its machine has said that it has the certificate. */
  async #dial(deadline: Deadline): Promise<boolean> {
    const { spec, security, host } = this.#options;
    const call = new Deadline(Math.min(CALL_TIMEOUT_MS, Math.max(1, deadline.remainingMs)), deadline.signal);
    try {
      const address = { host, port: spec.ports.gate };
      await callBoot(address, security.materialFor("client"), (...asked) => this.#decide(...asked), call);
      return true;
    } catch (error) {
      deadline.signal?.throwIfAborted();
      if (this.#refused !== undefined) throw new DaskFleetError("SCHEDULER_REFUSED", this.#refused, { cause: error });
      // One that was signed may be lost on its way, or only the word that it came: then Dask is up soon. The next attempt gives the same.
      if (security.joining.scheduler !== undefined) return false;
      throw new DaskFleetError("SCHEDULER_UNREACHABLE", messageOf(error), { cause: error });
    }
  }

  async #decide(request: JoinRequest, signal: AbortSignal): Promise<JoinAnswer> {
    const { machine, security, answer } = this.#options;
    if (request.name !== machine.nodeName) {
      const refused = `it says that it is ${printableName(request.name)}, and the scheduler's machine is ${machine.nodeName}. Does its image have a host name or instance id of its own?`;
      return { refused };
    }
    const answered = await answer(request, signal);
    if ("cert" in answered) security.joining.pin(answered.cert);
    if ("refused" in answered && answered.isFinal === true) {
      this.#refused = `The scheduler's machine ${machine.id} gets no certificate: ${answered.refused}.`;
    }
    return answered;
  }

  /** Takes the scheduler's certificate from the record. */
  async #follow(): Promise<void> {
    const { spec, security } = this.#options;
    const certificate = (await securityInRecord(spec))?.joining.scheduler;
    if (certificate === undefined) {
      throw new DaskFleetError(
        "SCHEDULER_UNREACHABLE",
        "The scheduler has no certificate yet: the process that started the cluster signs it.",
      );
    }
    security.joining.pin(certificate.toString());
  }
}
