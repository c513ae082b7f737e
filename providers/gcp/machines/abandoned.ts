import { DaskFleetError } from "../../../src/errors.ts";
import { unlessAborted } from "../../../src/wait.ts";
import type { ComputeApi } from "../api/client.ts";
import { ended } from "../api/operations.ts";
import type { Operation } from "../api/sdk.ts";
import { isNotFound } from "../errors/gcp-error.ts";

/** Where an operation is; without a zone it is a global one. */
interface Place {
  readonly project: string;
  readonly zone?: string;
}

/** Calls and operations of an aborted start, which nobody waits for. They go on and may create machines or firewall rules. */
export class AbandonedOperations {
  readonly #calls = new Set<Promise<void>>();
  readonly #operations = new Map<Operation, Place>();
  readonly #listLagMs: number;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(listLagMs: number) {
    this.#listLagMs = listLagMs;
  }

  /** A call whose answer nobody waits for. */
  follow(call: Promise<Operation>, place: Place): void {
    const followed: Promise<void> = call
      .then(
        (operation) => this.add(operation, place),
        () => undefined,
      )
      .finally(() => this.#calls.delete(followed));
    this.#calls.add(followed);
  }

  add(operation: Operation, place: Place): void {
    this.#operations.set(operation, place);
  }

  /**
   * Waits until they have ended.
   *
   * @throws DaskFleetError while what they made may not be in lists yet
   */
  async settle(api: ComputeApi, signal: AbortSignal): Promise<void> {
    await unlessAborted(signal, Promise.all(this.#calls));
    for (const [operation, place] of this.#operations) {
      await ended(api, operation, place, signal).catch((error: unknown) => {
        // Compute Engine forgets operations some time after their end.
        if (!isNotFound(error)) throw error;
      });
      this.#operations.delete(operation);
      this.#endedAt = performance.now();
    }
    if (performance.now() - this.#endedAt >= this.#listLagMs) return;
    const message = "An abandoned call went on. What it created may not be in Compute Engine's lists yet.";
    throw new DaskFleetError("PROVIDER_FAILED", message, { meaning: "transient" });
  }
}
