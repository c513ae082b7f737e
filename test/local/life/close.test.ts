import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";

isolatedState();

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => {
  process.off("unhandledRejection", note);
  expect(unhandled.splice(0)).toEqual([]);
});

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "done",
    (error: unknown) => error,
  );
/** Calls made just before the close may fail with these. */
const LOST = expect.objectContaining({ code: "SCHEDULER_UNREACHABLE" });
const CLOSED = expect.objectContaining({ code: "CLOSED" });

test("Concurrent starts create one cluster; concurrent closes remove it", async () => {
  const cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 });
  const first = cluster.start();
  const second = cluster.start();
  expect(await Promise.all([first, second])).toEqual([cluster, cluster]);
  expect(await cluster.machines()).toHaveLength(2);
  await Promise.all([cluster.close(), cluster.close()]);
  await cluster.close();
  expect(cluster.state).toBe("closed");
});

test("A close during the start rejects the start with CLOSED", async () => {
  const cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 });
  const machines = new Promise<void>((resolve) => {
    cluster.onProgress((event) => {
      if (event.type === "phase-finished" && event.phase === "scheduler machine") resolve();
    });
  });
  const started = outcome(cluster.start());
  await machines;
  await cluster.close();
  expect(await started).toEqual(CLOSED);
  expect(cluster.state).toBe("closed");
});

test("Closing a cluster that never started succeeds, and it cannot start afterwards", async () => {
  const cluster = new LocalCluster();
  await expect(cluster.scale(1)).rejects.toMatchObject({ code: "WRONG_STATE" });
  await cluster.close();
  await expect(cluster.start()).rejects.toMatchObject({ code: "CLOSED" });
});

describe("A close of a busy cluster", () => {
  test("settles all pending calls and refuses later ones", async () => {
    let running: LocalCluster | undefined;
    let underWay: Promise<unknown>[] = [];
    {
      await using cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 }).start();
      running = cluster;
      await cluster.adapt({ minimum: 1, maximum: 2 });
      underWay = [
        cluster.run("sleep", ["600"], { stdio: "ignore" }),
        cluster.waitForWorkers(5),
        cluster.scale(2),
        cluster.scale(3),
        cluster.workers(),
        cluster.logs(),
        cluster.machines(),
      ].map(outcome);
    }
    expect(running.state).toBe("closed");
    const [command, waiting, ...others] = await Promise.all(underWay);
    expect([command, waiting]).toEqual([CLOSED, CLOSED]);
    for (const each of others) expect(["done", CLOSED, LOST]).toContainEqual(each);
    const cluster = running;
    const after = [
      () => cluster.start(),
      () => cluster.scale(1),
      () => cluster.adapt({ maximum: 1 }),
      () => cluster.stopAdapting(),
      () => cluster.waitForWorkers(),
      () => cluster.workers(),
      () => cluster.machines(),
      () => cluster.logs(),
      () => cluster.run("true"),
      () => cluster.dashboard(),
      () => cluster.writeClientConfig("/nonexistent"),
      async () => cluster.clientEnv(),
      async () => cluster.schedulerAddress,
    ];
    for (const use of after) await expect(use(), use.toString()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
