import { describe, expect, test } from "vitest";

import type { PlainTarget } from "../../../src/dask/demand.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import { type AdaptOptions, checkAdaptOptions } from "../../../src/fleet/adaptive/adapt-options.ts";
import { Adaptive, type AdaptiveCluster, type GroupPace } from "../../../src/fleet/adaptive/adaptive.ts";
import { GroupShape } from "../../../src/fleet/adaptive/group-shape.ts";
import { poll } from "../../../src/wait.ts";

interface Run {
  /** The sizes that were set, in order. */
  readonly set: readonly number[];
  readonly troubles: readonly unknown[];
}

/** Adapting of one group. */
function one(
  pace: GroupPace,
  now: () => { readonly target: number; readonly workersPerMachine?: number | undefined },
  how: Pick<AdaptiveCluster, "scheduler"> & { set: (machines: number) => Promise<void>; troubles: unknown[] },
): Adaptive {
  const shape = new GroupShape({});
  const adaptive = new Adaptive({
    scheduler: how.scheduler,
    workers: async () => [],
    groups: () => {
      const { target, workersPerMachine } = now();
      return [{ name: "one", workersPerMachine, target, size: target, joined: target, isShort: false, shape }];
    },
    placeOf: () => ({ machineId: undefined, group: undefined }),
    setTargets: async (machines) => await how.set(machines["one"] ?? -1),
    onTrouble: (error) => how.troubles.push(error),
    warn: (message) => how.troubles.push(message),
  });
  adaptive.follow("one", pace);
  return adaptive;
}

/** Follows a script of Dask's plain targets, one per poll, errors being thrown; then stops adapting. */
async function follow(
  wishes: readonly (number | Error)[],
  options: Omit<AdaptOptions, "intervalMs"> & { readonly maximum: number },
  { start = 0, processes = (_current: number): number | undefined => 1, refuse = new Set<number>() } = {},
): Promise<Run> {
  let [current, looks, isOver] = [start, 0, false];
  const set: number[] = [];
  const troubles: unknown[] = [];
  const scheduler = {
    demand: async (): Promise<PlainTarget> => {
      const wish = wishes[looks] ?? 0;
      looks += 1;
      if (wish instanceof Error) throw wish;
      return { workers: wish };
    },
  };
  const adaptive = one(
    { ...options, minimum: options.minimum ?? 0, intervalMs: 1 },
    () => ({ target: current, workersPerMachine: processes(current) }),
    {
      scheduler: () => {
        isOver = looks >= wishes.length;
        return isOver ? undefined : (scheduler as unknown as SchedulerClient);
      },
      set: async (machines) => {
        if (refuse.delete(machines)) throw new Error(`not ${machines}`);
        current = machines;
        set.push(machines);
      },
      troubles,
    },
  );
  const done = async (): Promise<true | undefined> => (isOver ? true : undefined);
  await poll(done, { what: "the end of the script", deadline: new Deadline(5000), intervalMs: 1 });
  await adaptive.stop(["one"]);
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
      demand: (_: number | undefined, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    };
    const troubles: unknown[] = [];
    const adaptive = one({ minimum: 0, maximum: 1, intervalMs: 1 }, () => ({ target: 0, workersPerMachine: 1 }), {
      scheduler: () => {
        asked += 1;
        return asked < 3 ? undefined : (silent as unknown as SchedulerClient);
      },
      set: async () => undefined,
      troubles,
    });
    const third = async (): Promise<true | undefined> => (asked >= 3 ? true : undefined);
    await poll(third, { what: "the third look", deadline: new Deadline(5000), intervalMs: 1 });
    await adaptive.stop(["one"]);
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
