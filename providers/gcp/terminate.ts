import { randomUUID } from "node:crypto";

import type { Machine } from "../../src/cluster/machine.ts";
import { throwRejected } from "../../src/vm/combined-error.ts";
import { mapLimited } from "../../src/vm/in-batches.ts";
import type { ComputeApi } from "./client.ts";
import { isNotFound } from "./errors.ts";
import { placeOf } from "./names.ts";

/** Compute Engine has no call that deletes several. */
const CALLS_AT_ONCE = 20;

/** Machines whose deletion was accepted. That it was does not mean that it succeeds. */
export class Terminated {
  readonly #acceptedAt = new Map<string, number>();
  readonly #lagMs: number;

  /** @param lagMs how long lists may still show a machine as it was before */
  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  add(id: string): void {
    this.#acceptedAt.set(id, performance.now());
  }

  /** The machine, told to be ending as long as its deletion may be under way. */
  seen(machine: Machine, status: string | null | undefined): Machine {
    const acceptedAt = this.#acceptedAt.get(machine.id);
    if (acceptedAt === undefined) return machine;
    const ends = status === "STOPPING" || performance.now() - acceptedAt < this.#lagMs;
    return ends ? { ...machine, state: "ending" } : machine;
  }
}

/**
 * Deletes machines, one by one. Those that are gone already are a success; one that fails does not keep the others.
 *
 * @throws DaskFleetError for those that may be there still
 */
export async function terminate(
  api: ComputeApi,
  ids: readonly string[],
  { terminated, signal }: { readonly terminated: Terminated; readonly signal: AbortSignal },
): Promise<void> {
  const { project } = api;
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    const { zone, name: instance } = placeOf(id);
    // Not derived from the machine: with the same one, Compute Engine would answer with a deletion that has failed before.
    const requestId = randomUUID();
    try {
      await api.call("instances", "delete", signal, (client, options) =>
        client.delete({ project, zone, instance, requestId }, options),
      );
      terminated.add(id);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  throwRejected(results);
}
