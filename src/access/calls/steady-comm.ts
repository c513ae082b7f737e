import { randomInt } from "node:crypto";

import type { AgentComm, AgentLink, AskOptions } from "../../dask/agent/link.ts";
import { UnknownOperation } from "../../dask/answer.ts";
import type { Request } from "../../dask/comm/comm.ts";
import type { Field } from "../../dask/fields.ts";
import { DaskFleetError } from "../../errors.ts";
import { sleep } from "../../wait.ts";

/** A scheduler that is silent for longer has lost the session anyway. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 3000;

/** A comm of its own for idempotent requests: when it is lost, the request is repeated on a new one, for a minute. */
export class SteadyComm {
  readonly #link: () => AgentLink;
  readonly #closed: AbortSignal;
  #comm: Promise<AgentComm> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param link the present connection to the scheduler
   * @param closed ends requests under way
   */
  constructor(link: () => AgentLink, closed: AbortSignal) {
    this.#link = link;
    this.#closed = closed;
  }

  /** One request at a time; later ones wait for their turn. */
  readonly ask = async (request: Request, options: AskOptions = {}): Promise<Field> => {
    const mine = this.#turn.then(() => this.#ask(request, options));
    this.#turn = mine.catch(() => undefined);
    return await mine;
  };

  /** Never rejects. */
  async close(): Promise<void> {
    const comm = this.#comm;
    this.#comm = undefined;
    await comm?.then((open) => open.close()).catch(() => undefined);
  }

  async #ask(request: Request, { signal, ...options }: AskOptions): Promise<Field> {
    const until = performance.now() + PATIENCE_MS;
    const both = signal === undefined ? this.#closed : AbortSignal.any([this.#closed, signal]);
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        both.throwIfAborted();
        this.#comm ??= this.#link().open({ signal: this.#closed });
        const comm = await this.#comm;
        return await comm.ask(request, { ...options, signal: both });
      } catch (error) {
        if (!(error instanceof DaskFleetError && error.code === "REMOTE_ERROR")) await this.close();
        if (!mayPass(error) || performance.now() > until) throw error;
        await sleep(pauseMs + randomInt(50), both);
      }
    }
  }
}

/** Also while a scheduler that restarted has no agent yet. */
function mayPass(error: unknown): boolean {
  if (error instanceof UnknownOperation) return true;
  return error instanceof DaskFleetError && (error.code === "SCHEDULER_UNREACHABLE" || error.code === "TIMEOUT");
}
