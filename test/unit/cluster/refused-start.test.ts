import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** Longer than a test may take: a test that waits for it fails. */
const START_TIMEOUT_MS = 600_000;

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

test.each([
  new DaskFleetError("CONFIG_INVALID", "No workers for you", { meaning: "policy" }),
  new DaskFleetError("CONFIG_INVALID", "No workers for you"),
  new DaskFleetError("AUTH_FAILED", "No workers for you", { meaning: "permission" }),
])(
  "Permanently refused workers ($code) end a start while its scheduler boots, and nothing continues afterwards",
  async (refusal) => {
    await using cloud = await FakeCloud.open();
    await cloud.dask.end();
    cloud.fault = (verb, nth) => (verb === "create" && nth > 1 ? refusal : undefined);
    const before = timers();
    const cluster = new FakeCluster({ cloud, nWorkers: 2, startTimeoutMs: START_TIMEOUT_MS });
    cluster.onProgress(() => undefined);
    await expect(cluster.start()).rejects.toBe(refusal);
    expect(timers()).toBeLessThanOrEqual(before);
    expect([cloud.empty, await files()]).toEqual([true, []]);
  },
);

test("A single refusal of the credentials only delays the scheduler or the workers", async () => {
  await using cloud = await FakeCloud.open();
  const odd = new DaskFleetError("AUTH_FAILED", "Who are you?");
  cloud.fault = (verb, nth) => (verb === "create" && nth % 2 === 1 ? odd : undefined);
  await using cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: START_TIMEOUT_MS });
  cluster.onProgress(() => undefined);
  await cluster.start();
  expect([await cluster.workers(), cloud.peak]).toMatchObject([{ length: 1 }, 1]);
});

test.each([
  new DaskFleetError("CAPACITY_UNAVAILABLE", "No machine for a scheduler"),
  new DaskFleetError("QUOTA_EXCEEDED", "No machine for a scheduler"),
  new DaskFleetError("CONFIG_INVALID", "No machine for a scheduler"),
])("A refused scheduler ($code) ends a start immediately: nothing costs money yet", async (refusal) => {
  await using cloud = await FakeCloud.open();
  cloud.fault = (verb) => (verb === "create" ? refusal : undefined);
  const cluster = new FakeCluster({ cloud, nWorkers: 2, startTimeoutMs: START_TIMEOUT_MS });
  await expect(cluster.start()).rejects.toBe(refusal);
  expect([cloud.tokens.length, cloud.empty, await files()]).toEqual([0, true, []]);
});

test("A throttled scheduler call is retried with a new token", async () => {
  await using cloud = await FakeCloud.open();
  const throttled = new DaskFleetError("PROVIDER_FAILED", "Too many calls", { meaning: "throttled" });
  cloud.fault = (verb, nth) => (verb === "create" && nth <= 2 ? throttled : undefined);
  await using cluster = new FakeCluster({ cloud, startTimeoutMs: START_TIMEOUT_MS });
  cluster.onProgress(() => undefined);
  await cluster.start();
  expect([cloud.tokens.length, cloud.machines.size]).toEqual([1, 1]);
});
