import { describe, expect, test } from "vitest";

import { FakeDask } from "../../../packages/simulated-clouds/src/boot/fake-dask.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Adaptive } from "../../../src/fleet/adaptive/adaptive.ts";
import { GroupShape } from "../../../src/fleet/adaptive/group-shape.ts";
import { OfferedResources } from "../../../src/fleet/adaptive/offered-resources.ts";
import { UnrunnableWarning } from "../../../src/fleet/adaptive/unrunnable-warning.ts";
import { until } from "../../support/until.ts";

const GPU = { resources: { GPU: 1 }, waiting: 50, running: 0, seceded: 0, seconds: 3600, names: ["train"] };

interface Given {
  /** Of the group that adapts. */
  readonly shape?: GroupShape;
  /** A group that does not adapt. */
  readonly resting?: GroupShape;
}

interface State {
  readonly set: Readonly<Record<string, number>>[];
  readonly warnings: string[];
}

/** Has the group `ours` adapt to a fake scheduler's answers until the test has seen enough. */
async function adapting(
  dask: FakeDask,
  { shape = new GroupShape({}), resting }: Given,
  look: (state: State) => Promise<void>,
): Promise<void> {
  await using client = await SchedulerClient.connect(`tcp://127.0.0.1:${dask.port}`);
  const [set, warnings]: [Readonly<Record<string, number>>[], string[]] = [[], []];
  const seen = { workersPerMachine: 1, joined: 0, isShort: false };
  const adaptive = new Adaptive({
    scheduler: () => client,
    workers: async (scheduler, signal) => await scheduler.workers({ signal }),
    groups: () => {
      const target = set.at(-1)?.["ours"] ?? 0;
      const ours = { ...seen, name: "ours", target, size: target, shape };
      return resting === undefined ? [ours] : [ours, { ...seen, name: "gpu", target: 0, size: 0, shape: resting }];
    },
    placeOf: (name) => ({
      machineId: name.startsWith("ours") ? name : undefined,
      group: name.startsWith("ours") ? "ours" : undefined,
    }),
    setTargets: async (machines) => void set.push(machines),
    onTrouble: (error) => warnings.push(String(error)),
    warn: (message) => warnings.push(message),
  });
  adaptive.follow("ours", { minimum: 0, maximum: 4, intervalMs: 1 });
  try {
    await look({ set, warnings });
  } finally {
    await adaptive.stop(["ours"]);
  }
}

describe("Adapting to tasks that no worker can run", () => {
  test("creates machines for the other tasks, and warns once of each kind, with the tasks' names", async () => {
    await using dask = await FakeDask.start();
    dask.sets = [GPU];
    await adapting(dask, {}, async ({ set, warnings }) => {
      await until("the warning", () => warnings.length > 0);
      dask.sets = [{ ...GPU, waiting: 60 }];
      dask.missing = [{ tasks: 1, places: ["tcp://10.0.0.9:4000"] }];
      dask.wish = 1;
      await until("both warnings and a machine", () => warnings.length > 1 && set.length > 0);
      await until("more looks", () => dask.demands.length > 20);
      expect(set).toEqual([{ ours: 1 }]);
      expect(warnings).toEqual([
        "Adapting adds no machines for 50 tasks (train): each needs GPU=1, and the cluster's workers have no GPU. Set the resources option of workerOptions, or submit the tasks without resources.",
        "Adapting adds no machines for 1 task: a new machine cannot run what is restricted to tcp://10.0.0.9:4000, and the cluster has no such worker.",
      ]);
    });
  });

  test("warns when only a group that does not adapt could run them", async () => {
    await using dask = await FakeDask.start();
    dask.sets = [GPU];
    const resting = new GroupShape({ workerOptions: { resources: { GPU: 1 } } });
    await adapting(dask, { resting }, async ({ set, warnings }) => {
      await until("the warning", () => warnings.length > 0);
      await until("more looks", () => dask.demands.length > 20);
      expect(set).toEqual([]);
      expect(warnings).toEqual([
        "Adapting adds no machines for 50 tasks (train): only the group gpu could run them, which does not adapt and has no machine. Scale it, or let it adapt.",
      ]);
    });
  });

  test("knows what workers offer: from the options, and from the first worker of the group that is seen", async () => {
    await using dask = await FakeDask.start();
    const shape = new GroupShape({ workerOptions: { resources: { MEM: 2 } } });
    dask.sets = [{ ...GPU, waiting: 2 }];
    await adapting(dask, { shape }, async ({ set }) => {
      dask.join("stranger", { address: "tcp://10.0.0.8:1", resources: { TPU: 8 } });
      await until("a look at the stranger", () => dask.demands.length > 5);
      expect([shape.shape(1), set]).toEqual([{ threads: 1, resources: { MEM: 2 } }, []]);
      dask.join("ours-1", { address: "tcp://10.0.0.9:1", resources: { GPU: 1 } });
      await until("machines for what it has", () => set.at(-1)?.["ours"] === 2);
      expect(shape.shape(1)).toEqual({ threads: 1, resources: { MEM: 2, GPU: 1 } });
    });
  });

  test("follows Dask's adaptive target when the scheduler cannot tell tasks apart", async () => {
    await using dask = await FakeDask.start();
    dask.knowsAgent = false;
    dask.wish = 3;
    await adapting(dask, {}, async ({ set, warnings }) => {
      await until("three machines", () => set.at(-1)?.["ours"] === 3);
      await until("more looks", () => dask.wishesTold > 10);
      expect([set, warnings, dask.demands.length]).toEqual([[{ ours: 3 }], [], 3]);
    });
  });
});

describe("A worker offers", () => {
  test.each([
    [
      { GPU: 1, MEM: 1e9 },
      { GPU: 1, MEM: 1e9 },
    ],
    ["GPU=2 MEM=10e9", { GPU: 2, MEM: 10e9 }],
    ["GPU=2,MEM=1.5", { GPU: 2, MEM: 1.5 }],
    [["GPU=2", "GPU=3"], { GPU: 3 }],
    [undefined, {}],
    [true, {}],
  ])("for workerOptions.resources %j: %j", (resources, amounts) => {
    const workerOptions = { resources: resources as Readonly<Record<string, number>> };
    expect(new OfferedResources({ workerOptions }).amounts).toEqual(amounts);
  });

  test.each([
    [{ DASK_DISTRIBUTED__WORKER__RESOURCES__GPU: "1" }, { gpu: 1 }],
    [{ DASK_DISTRIBUTED__WORKER__RESOURCES: "{'GPU': 2}" }, { GPU: 2 }],
    [{ DASK_DISTRIBUTED__WORKER__RESOURCES__GPU: "many", GPU: "1" }, {}],
  ])("for envVars %j: %j", (envVars, amounts) => {
    expect(new OfferedResources({ envVars }).amounts).toEqual(amounts);
  });
});

test("A group's threads are those of the options until workers show theirs, on average", () => {
  const told = new GroupShape({ workerOptions: { nthreads: 4 } });
  expect([told.shape(2).threads, new GroupShape({}).shape(2).threads]).toEqual([4, 2]);
  told.see([
    { nthreads: 8, resources: {} },
    { nthreads: 16, resources: {} },
  ]);
  expect(told.shape(2).threads).toBe(12);
});

test("A warning strips control characters from tasks' names and their needs, and has a maximum length", () => {
  const name = `G\u001B[31mPU\n${"x".repeat(500)}`;
  const set = { resources: { [name]: 2 }, waiting: 1, running: 0, names: ["\u0007bell"] };
  const warning = new UnrunnableWarning().ofResources(set, [{ [name]: 1 }]);
  expect(warning).toMatch(
    /^Adapting adds no machines for 1 task \(\\u\{7\}bell\): each needs G\\u\{1b\}\[31mPU\\u\{a\}x+… \(438 more characters\)=2, and .*=1\. /u,
  );
  expect(warning?.length).toBeLessThan(500);
});

test("A warning names at most three kinds of tasks, and says that there are more", () => {
  const names = ["a", "b", "c"];
  const of = (count: number, told: readonly string[]): string | undefined =>
    /for (.*?):/u.exec(
      new UnrunnableWarning().ofResources({ resources: { GPU: 1 }, waiting: count, running: 0, names: told }, []) ?? "",
    )?.[1];
  expect([of(9, names), of(3, names), of(9, ["a"]), of(1, [])]).toEqual([
    "9 tasks (a, b, c, …)",
    "3 tasks (a, b, c)",
    "9 tasks (a)",
    "1 task",
  ]);
});

test("A warning names the resources that no kind of workers has, or has not enough of, or not together", () => {
  const set = { resources: { GPU: 1, MEM: 8 }, waiting: 2, running: 0, names: [] };
  const has = (kinds: readonly Readonly<Record<string, number>>[]): string | undefined =>
    /workers have (.*?)\. Set/u.exec(new UnrunnableWarning().ofResources(set, kinds) ?? "")?.[1];
  expect(has([{ GPU: 1 }, {}])).toBe("no MEM");
  expect(has([{ MEM: 4 }, { GPU: 2, MEM: 2 }])).toBe("MEM=4");
  expect(has([])).toBe("no GPU and no MEM");
  expect(has([{ GPU: 1 }, { MEM: 8 }])).toBe("GPU=1 and MEM=8, never on one worker");
});
