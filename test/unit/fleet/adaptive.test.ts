import { describe, expect, test } from "vitest";

import type { Demand, DemandRequest } from "../../../src/dask/demand.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import {
  Adaptive,
  type AdaptiveTarget,
  type AdaptOptions,
  checkAdaptOptions,
} from "../../../src/fleet/adaptive/adaptive.ts";
import { OfferedResources } from "../../../src/fleet/adaptive/offered-resources.ts";
import { poll } from "../../../src/wait.ts";

interface Run {
  /** The sizes that were set, in order. */
  readonly set: readonly number[];
  readonly troubles: readonly unknown[];
}

const NO_OFFER = new OfferedResources({});

/** Follows a script of adaptive targets, one per poll, errors being thrown; then stops adapting. */
async function follow(
  wishes: readonly (number | Error)[],
  options: Omit<AdaptOptions, "intervalMs">,
  { start = 0, processes = (_current: number): number | undefined => 1, refuse = new Set<number>() } = {},
): Promise<Run> {
  let [current, looks] = [start, 0];
  const set: number[] = [];
  const troubles: unknown[] = [];
  const scheduler = {
    demand: async (): Promise<Demand> => {
      const wish = wishes[looks] ?? 0;
      looks += 1;
      if (wish instanceof Error) throw wish;
      return { workers: wish, present: undefined, unrunnable: [], sets: [], more: 0 };
    },
  };
  const target: AdaptiveTarget = {
    scheduler: () => (looks < wishes.length ? (scheduler as unknown as SchedulerClient) : undefined),
    processes: () => processes(current),
    offered: NO_OFFER,
    isOurs: () => true,
    current: () => current,
    setTarget: async (workers) => {
      if (refuse.delete(workers)) throw new Error(`not ${workers}`);
      current = workers;
      set.push(workers);
    },
    onTrouble: (error) => troubles.push(error),
    warn: (message) => troubles.push(message),
  };
  const adaptive = new Adaptive({ ...options, intervalMs: 1 }, target);
  const done = async (): Promise<true | undefined> => (looks >= wishes.length ? true : undefined);
  await poll(done, { what: "the last wish", deadline: new Deadline(5000), intervalMs: 1 });
  await adaptive.stop();
  return { set, troubles };
}

describe("Adapting", () => {
  test("scales up immediately, within bounds", async () => {
    expect(await follow([1, 3, 99], { maximum: 4 })).toEqual({ set: [1, 3, 4], troubles: [] });
    expect((await follow([0], { minimum: 2, maximum: 4 })).set).toEqual([2]);
  });

  test("scales down after three lower targets in a row, to the highest of them", async () => {
    expect((await follow([1, 0, 2], { maximum: 4 }, { start: 4 })).set).toEqual([2]);
    expect((await follow([1, 0], { maximum: 4 }, { start: 4 })).set).toEqual([]);
    expect((await follow([1, 1, 4, 1, 1], { maximum: 4 }, { start: 4 })).set).toEqual([]);
    expect((await follow([0], { maximum: 4, waitCount: 1 }, { start: 4 })).set).toEqual([0]);
    expect((await follow([0, 0, 0], { minimum: 1, maximum: 4 }, { start: 4 })).set).toEqual([1]);
  });

  test("converts Dask's workers to machines", async () => {
    expect((await follow([5], { maximum: 10 }, { processes: () => 2 })).set).toEqual([3]);
  });

  test("creates one machine until its number of workers is known, then as many as needed", async () => {
    const seen = (machine: number, workers: number) => {
      let looks = 0;
      return { processes: () => ((looks += 1) > machine ? workers : undefined) };
    };
    expect((await follow([8, 8, 8, 8], { maximum: 10 }, seen(2, 4))).set).toEqual([1, 2]);
    expect((await follow([3, 3, 3], { maximum: 10 }, seen(2, 4))).set).toEqual([1]);
    expect((await follow([8, 8, 8], { minimum: 3, maximum: 10 }, seen(2, 1))).set).toEqual([3, 8]);
    // Machines that were requested stay, and an unneeded one is removed.
    expect((await follow([8, 8, 8], { maximum: 10 }, { start: 2, ...seen(9, 1) })).set).toEqual([]);
    expect((await follow([1, 1, 1], { maximum: 10 }, { start: 2, ...seen(9, 1) })).set).toEqual([1]);
    expect((await follow([0, 0], { maximum: 0 }, seen(9, 1))).set).toEqual([]);
  });

  test("reports failures and continues, even if a size could not be set", async () => {
    const unreachable = new Error("no answer");
    const { set, troubles } = await follow([unreachable, 2, 2], { maximum: 4 }, { refuse: new Set([2]) });
    expect(set).toEqual([2]);
    expect(troubles).toEqual([unreachable, expect.objectContaining({ message: "not 2" })]);
  });

  test("waits for the scheduler, and stops even if the scheduler does not answer", async () => {
    let asked = 0;
    const silent = {
      demand: (_: DemandRequest, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    };
    const troubles: unknown[] = [];
    const adaptive = new Adaptive(
      { maximum: 1, intervalMs: 1 },
      {
        scheduler: () => {
          asked += 1;
          return asked < 3 ? undefined : (silent as unknown as SchedulerClient);
        },
        processes: () => 1,
        offered: NO_OFFER,
        isOurs: () => true,
        current: () => 0,
        setTarget: async () => undefined,
        onTrouble: (error) => troubles.push(error),
        warn: (message) => troubles.push(message),
      },
    );
    const third = async (): Promise<true | undefined> => (asked >= 3 ? true : undefined);
    await poll(third, { what: "the third look", deadline: new Deadline(5000), intervalMs: 1 });
    await adaptive.stop();
    expect([asked, troubles]).toEqual([3, []]);
  });

  test.each([
    [{ maximum: 1, minimum: 2 }, "adapt({ minimum }) to be at most 1, got 2"],
    [{ maximum: 1.5 }, "adapt({ maximum }) to get a whole number"],
    [{ maximum: 2, minimum: -1 }, "adapt({ minimum }) to get a whole number"],
    [{ maximum: Number.NaN }, "adapt({ maximum }) to get a whole number"],
  ])("%j is refused", (options, message) => {
    const refusal = expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) });
    expect(() => checkAdaptOptions(options)).toThrow(refusal);
  });
});
