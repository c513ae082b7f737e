import type { JobAsk } from "../../dask/agent/jobs.ts";
import type { AgentComm, AgentLink } from "../../dask/agent/link.ts";
import { isUnreachable } from "../../dask/dask-errors.ts";
import type { Deadline } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { sleep, within } from "../../wait.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * A comm of its own for a long conversation about jobs. A lost one is opened again, for as long as the deadline lasts and the cluster is
 * open: its operations are safe to repeat.
 */
export class PatientAsk implements AsyncDisposable {
  readonly #link: () => AgentLink;
  readonly #what: string;
  readonly #deadline: Deadline;
  #comm: AgentComm | undefined;

  /** @param what the subject of the wait, for a time-out's message */
  constructor(link: () => AgentLink, what: string, deadline: Deadline) {
    this.#link = link;
    this.#what = what;
    this.#deadline = deadline;
  }

  readonly ask: JobAsk = async (request, options) =>
    await within(this.#what, this.#deadline, async (signal) => {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
        try {
          this.#comm ??= await this.#link().open({ signal });
          return await this.#comm.ask(request, { ...options, signal });
        } catch (error) {
          if (signal.aborted || !mayPass(error)) throw error;
          await this.#drop();
          await sleep(pauseMs, signal);
        }
      }
    });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop();
  }

  async #drop(): Promise<void> {
    const comm = this.#comm;
    this.#comm = undefined;
    await comm?.close();
  }
}

/** A scheduler that is gone for good closes its cluster, and that ends the wait with another error. */
function mayPass(error: unknown): boolean {
  return isUnreachable(error) || (error instanceof DaskFleetError && error.code === "TIMEOUT");
}
