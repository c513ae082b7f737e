import { describe, expect, test } from "vitest";

import { FakeDask } from "../../../packages/simulated-clouds/src/boot/fake-dask.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Adaptive, type AdaptiveTarget } from "../../../src/fleet/adaptive/adaptive.ts";
import { OfferedResources } from "../../../src/fleet/adaptive/offered-resources.ts";
import { UnrunnableWarning } from "../../../src/fleet/adaptive/unrunnable-warning.ts";
import { until } from "../../support/until.ts";

const GPU = { tasks: 50, resources: { GPU: 1 }, places: [] };

/** Adapts to a fake scheduler's answers until the test has seen enough. */
async function adapting(
  dask: FakeDask,
  offered: OfferedResources,
  look: (state: { readonly set: number[]; readonly warnings: string[] }) => Promise<void>,
): Promise<void> {
  await using client = await SchedulerClient.connect(`tcp://127.0.0.1:${dask.port}`);
  const [set, warnings]: [number[], string[]] = [[], []];
  const target: AdaptiveTarget = {
    scheduler: () => client,
    processes: () => 1,
    offered,
    isOurs: (name) => name.startsWith("ours"),
    current: () => set.at(-1) ?? 0,
    setTarget: async (workers) => void set.push(workers),
    onTrouble: (error) => warnings.push(String(error)),
    warn: (message) => warnings.push(message),
  };
  const adaptive = new Adaptive({ maximum: 4, intervalMs: 1 }, target);
  try {
    await look({ set, warnings });
  } finally {
    await adaptive.stop();
  }
}

describe("Adapting to tasks that no worker can run", () => {
  test("creates machines for the other tasks, and warns once of the missing resource", async () => {
    await using dask = await FakeDask.start();
    dask.missing = [GPU];
    await adapting(dask, new OfferedResources({}), async ({ set, warnings }) => {
      await until("the warning", () => warnings.length > 0);
      dask.missing = [
        { ...GPU, tasks: 60 },
        { tasks: 1, resources: {}, places: ["tcp://10.0.0.9:4000"] },
      ];
      dask.wish = 1;
      await until("both warnings and a machine", () => warnings.length > 1 && set.length > 0);
      await until("more looks", () => dask.demands.length > 20);
      expect(set).toEqual([1]);
      expect(warnings).toEqual([
        "Adapting adds no machines for 50 tasks: each needs GPU=1, and the cluster's workers have no GPU. Set the resources option of workerOptions, or submit the tasks without resources.",
        "Adapting adds no machines for 1 task: a new machine cannot run what is restricted to tcp://10.0.0.9:4000, and the cluster has no such worker.",
      ]);
    });
  });

  test("tells the scheduler what workers offer: from the options, and from the first worker seen", async () => {
    await using dask = await FakeDask.start();
    const offered = new OfferedResources({ workerOptions: { resources: { MEM: 2 } } });
    await adapting(dask, offered, async () => {
      dask.join("stranger", { address: "tcp://10.0.0.8:1", resources: { TPU: 8 } });
      await until("a look at the stranger", () => dask.demands.length > 5);
      expect(dask.demands.every((resources) => JSON.stringify(resources) === '{"MEM":2}')).toBe(true);
      dask.join("ours-1", { address: "tcp://10.0.0.9:1", resources: { GPU: 1 } });
      await until("the resource to be known", () => JSON.stringify(dask.demands.at(-1)) === '{"MEM":2,"GPU":1}');
    });
  });

  test("follows Dask's adaptive target when the scheduler cannot separate these tasks", async () => {
    await using dask = await FakeDask.start();
    dask.knowsAgent = false;
    dask.wish = 3;
    await adapting(dask, new OfferedResources({}), async ({ set, warnings }) => {
      await until("three machines", () => set.at(-1) === 3);
      await until("more looks", () => dask.wishesTold > 10);
      expect([set, warnings, dask.demands.length]).toEqual([[3], [], 3]);
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

test("A warning strips control characters from a task's names, and has a maximum length", () => {
  const name = `G\u001B[31mPU\n${"x".repeat(500)}`;
  const warning = new UnrunnableWarning().of({ tasks: 1, resources: { [name]: 2 }, places: [] }, { [name]: 1 });
  expect(warning).toMatch(
    /^Adapting adds no machines for 1 task: each needs G\\u\{1b\}\[31mPU\\u\{a\}x+… \(438 more characters\)=2, and .*=1\. /u,
  );
  expect(warning?.length).toBeLessThan(500);
});
