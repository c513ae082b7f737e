import { DaskFleetError } from "../errors.ts";
import type { ClusterState } from "../progress.ts";

/**
 * Owns a cluster's state. Start and close are single-flight: callers join the one under way, and a close during a start aborts the start
 * and joins its rollback.
 */
export class Lifecycle {
  #state: ClusterState = "new";
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #closeRequested = new AbortController();
  readonly #onChange: (state: ClusterState) => void;

  constructor(onChange: (state: ClusterState) => void) {
    this.#onChange = onChange;
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** Aborted once a close was requested. */
  get closeRequested(): AbortSignal {
    return this.#closeRequested.signal;
  }

  /** Runs `work` once; a failure runs `tearDown` and rethrows the first error, or the one that `tearDown` throws. */
  async start(work: () => Promise<void>, tearDown: (cause: unknown) => Promise<void>): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    if (this.#state === "failed") throw new DaskFleetError("WRONG_STATE", "The cluster has failed: create a new one.");
    this.#starting ??= this.#start(work, tearDown);
    await this.#starting;
  }

  async #start(work: () => Promise<void>, tearDown: (cause: unknown) => Promise<void>): Promise<void> {
    this.#become("starting");
    try {
      await work();
      this.closeRequested.throwIfAborted();
      this.#become("running");
    } catch (error) {
      try {
        await tearDown(error);
      } finally {
        this.#become("failed");
      }
      throw error;
    }
  }

  /** Runs `tearDown` once, after a start under way has ended. A failed close may be retried. */
  async close(tearDown: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(tearDown);
    await this.#closing;
  }

  async #close(tearDown: () => Promise<void>): Promise<void> {
    this.#closeRequested.abort(closedError());
    await this.#starting?.catch(() => undefined);
    this.#become("closing");
    try {
      await tearDown();
      this.#become("closed");
    } catch (error) {
      this.#closing = undefined;
      this.#become("failed");
      throw error;
    }
  }

  /** Throws unless the cluster is running. */
  assertRunning(what: string): void {
    if (this.#closing !== undefined || this.#state === "closed") throw closedError();
    if (this.#state !== "running") {
      throw new DaskFleetError("WRONG_STATE", `${what} needs a running cluster; this one is ${this.#state}.`);
    }
  }

  #become(state: ClusterState): void {
    this.#state = state;
    this.#onChange(state);
  }
}

function closedError(): DaskFleetError {
  return new DaskFleetError("CLOSED", "The cluster was closed.");
}
