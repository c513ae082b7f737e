import { backOffMs } from "../../back-off.ts";
import { DEFAULT_JOIN_PORT } from "../../bootstrap/node-spec.ts";
import { type RelayedAnswer, type RelayedRequest, answerRequests, awaitRequests } from "../../dask/agent/join.ts";
import type { AgentComm, AgentLink } from "../../dask/agent/link.ts";
import { isUnreachable } from "../../dask/dask-errors.ts";
import { Deadline } from "../../deadline.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import { printableName } from "../../text/printable.ts";
import { sleep, within } from "../../wait.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import { STATE_TIMEOUT_MS } from "../lead/shared-wishes.ts";
import type { JoinAnswer } from "./registrar.ts";
import type { JoinRequest } from "./request.ts";

export interface JoinDeskOptions {
  readonly spec: Pick<ClusterSpec, "ports" | "tokens">;
  /** Undefined while there is no connection, or no agent. */
  readonly link: () => AgentLink | undefined;
  /** Whether this process leads: no other signs. */
  readonly mayAct: () => Promise<boolean>;
  readonly answer: (request: JoinRequest, signal: AbortSignal) => Promise<JoinAnswer>;
  /** Asks the provider for its list anew, for a machine that is not known, or whose address is not. */
  readonly lookAgain: (signal: AbortSignal) => Promise<void>;
  /** The shortest time between two of those, in milliseconds. */
  readonly pollIntervalMs: number;
  /** How long a machine may be missing from the list, in milliseconds. */
  readonly listLagMs: number;
  readonly troubles: Troubles;
  readonly warn: (message: string) => void;
}

const WAIT_MS = 20_000;
const OPEN_TIMEOUT_MS = 10_000;
const PAUSES = { firstMs: 200, longestMs: 5000 };
/** While this process does not lead, or nobody can join. */
const IDLE_MS = 2000;
const LIST_TIMEOUT_MS = 30_000;
/** Of a request's refusals, the different ones, and no more: anybody in the network can ask. */
const MOST_WARNINGS = 20;
const LONGEST_NAME = 128;
/** What a launcher that does not lead says. */
const AWAY_SECONDS = 2;

/**
 * Answers the machines that ask for their certificates, by long polls on a comm of its own: while this process leads, and while a token is
 * alive. Does not keep the process alive.
 */
export class JoinDesk {
  readonly #options: JoinDeskOptions;
  readonly #stopped = new AbortController();
  readonly #late = new Set<Promise<unknown>>();
  readonly #told = new Set<string>();
  /** Since when a node has waited, by its name; `performance.now()`. */
  readonly #waiting = new Map<string, number>();
  #loop: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: JoinDeskOptions) {
    this.#options = options;
  }

  begin(): void {
    if (!this.#stopped.signal.aborted) this.#loop ??= this.#run();
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    await Promise.all([...this.#late, this.#looking]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    using alarm = this.#options.spec.tokens.bell.alarm();
    let failed = 0;
    while (!signal.aborted) {
      let pauseMs = IDLE_MS;
      try {
        if (this.#isWanted && (await this.#leads())) await this.#serve(signal);
        failed = 0;
        this.#options.troubles.over("join");
      } catch (error) {
        if (signal.aborted) return;
        failed += 1;
        pauseMs = backOffMs(failed, PAUSES);
        this.#tell(error);
      }
      await alarm.sleep(pauseMs, signal, { ref: false }).catch(() => undefined);
    }
  }

  get #isWanted(): boolean {
    return this.#options.link() !== undefined && this.#options.spec.tokens.living("worker").length > 0;
  }

  async #leads(): Promise<boolean> {
    return await within("the lease on the cluster", new Deadline(STATE_TIMEOUT_MS), () => this.#options.mayAct());
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const link = this.#options.link();
    if (link === undefined) return;
    const comm = await link.open({ timeoutMs: OPEN_TIMEOUT_MS, signal });
    try {
      const { join: port = DEFAULT_JOIN_PORT } = this.#options.spec.ports;
      while (this.#isWanted) {
        const requests = await awaitRequests(comm, { port, waitMs: WAIT_MS }, { signal });
        this.#options.troubles.over("join");
        if (requests.length > 0) await this.#answerAll(requests, comm, link, signal);
        if (!(await this.#leads())) return;
      }
    } finally {
      await comm.close();
    }
  }

  /** What is known at once is answered at once. Documents that take time are answered when they are verified. */
  async #answerAll(
    requests: readonly RelayedRequest[],
    comm: AgentComm,
    link: AgentLink,
    signal: AbortSignal,
  ): Promise<void> {
    const leads = await this.#leads();
    const all = requests.map((request) => this.#answer(request, leads, signal));
    const soon = sleep(0, signal).then(() => undefined);
    const ready = await Promise.all(all.map((each) => Promise.race([each, soon])));
    const answers = ready.filter((each) => each !== undefined);
    if (answers.length > 0) await answerRequests(comm, answers, { signal, ref: false });
    for (const [index, each] of all.entries()) if (ready[index] === undefined) this.#answerLate(each, link, signal);
  }

  /** One that is lost is asked for again by its machine. */
  #answerLate(answer: Promise<RelayedAnswer>, link: AgentLink, signal: AbortSignal): void {
    const late = answer
      .then(async (each) => await answerRequests(link, [each], { signal }))
      .catch(() => undefined)
      .finally(() => this.#late.delete(late));
    this.#late.add(late);
  }

  async #answer(relayed: RelayedRequest, leads: boolean, signal: AbortSignal): Promise<RelayedAnswer> {
    const { id, role, name, from, identity } = relayed;
    if (!leads) return { id, wait: AWAY_SECONDS };
    const isOdd = name.length > LONGEST_NAME || role === "scheduler";
    const [spki, mac] = [Buffer.from(relayed.spki, "base64"), Buffer.from(relayed.mac, "hex")];
    const answer: JoinAnswer = isOdd
      ? { refused: "this is no request of a worker" }
      : await this.#options.answer({ role, name, spki, mac, from, identity }, signal);
    if ("cert" in answer) {
      this.#waiting.delete(name);
      return { id, cert: answer.cert, ...(answer.files !== undefined && { files: answer.files }) };
    }
    if ("refused" in answer) return { id, refused: this.#warned(relayed, answer.refused) };
    this.#lookAgain(signal);
    this.#warnOfWait(relayed, answer.why);
    return { id, wait: answer.wait };
  }

  /** A list may be late. A machine that no list ever shows has another name than its image gives it. */
  #warnOfWait({ from, name }: RelayedRequest, why: string): void {
    const { listLagMs, pollIntervalMs } = this.#options;
    const since = this.#waiting.get(name);
    if (since === undefined) {
      if (this.#waiting.size < MOST_WARNINGS) this.#waiting.set(name, performance.now());
    } else if (performance.now() - since > listLagMs + 2 * pollIntervalMs) {
      this.#warnOnce(`${printableName(from)} waits for the certificate of worker ${printableName(name)}: ${why}.`);
    }
  }

  #warned({ from, role, name }: RelayedRequest, why: string): string {
    const node = `${printableName(role)} ${printableName(name)}`;
    const message = `${printableName(from)} asked for the certificate of ${node}, and was refused: ${why}.`;
    // One address may try every name.
    this.#warnOnce(message, `${from} ${why}`);
    return why;
  }

  #warnOnce(message: string, what = message): void {
    if (this.#told.has(what) || this.#told.size >= MOST_WARNINGS) return;
    this.#told.add(what);
    this.#options.warn(message);
  }

  /** Machines ask again: they do not wait for the list. */
  #lookAgain(signal: AbortSignal): void {
    const { pollIntervalMs, lookAgain } = this.#options;
    if (this.#looking !== undefined || performance.now() - this.#lookedAt < pollIntervalMs) return;
    const deadline = new Deadline(LIST_TIMEOUT_MS, signal);
    this.#looking = within("the list of machines", deadline, lookAgain)
      // The fleet reports a provider that does not answer.
      .catch(() => undefined)
      .finally(() => {
        this.#lookedAt = performance.now();
        this.#looking = undefined;
      });
  }

  /** An unreachable scheduler is reported elsewhere, and so is a missing agent. */
  #tell(error: unknown): void {
    if (isUnreachable(error) || (error instanceof DaskFleetError && error.code === "CLOSED")) return;
    this.#options.troubles.tell("join", `Machines cannot be given certificates. ${messageOf(error)}`);
  }
}
