import { expect, test } from "vitest";

import type { AzureApi } from "../../../providers/azure/api/client.ts";
import { pauseFor } from "../../../providers/azure/api/operations.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, TestSubscription } from "./subscription.ts";

isolatedState();

test("an operation that ends at once is looked at once", async () => {
  await using subscription = await TestSubscription.open({ networkMs: 1000, speed: 1000 });
  await subscription.prepared();
  const { calls } = subscription.cloud;
  const begun = calls.operations().filter((operation) => operation.endsWith("_CreateOrUpdate"));
  expect(begun).toHaveLength(4);
  expect(calls.count("Operations_Get")).toBe(4);
});

test("pauses are as long as usual with the usual interval, and shorter with a shorter one", () => {
  const pauses = [60_000, 5000, 1000, 20].map((pollIntervalMs) => pauseFor({ pollIntervalMs } as AzureApi, 1000));
  expect(pauses).toEqual([1000, 1000, 200, 50]);
});

test("a list of machines that do not run does not ask for the scale sets again", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0, stoppingMs: 0 });
  const cluster = await subscription.prepared();
  for (const role of ["scheduler", "worker"] as const) {
    await cluster.verbs.create(cluster.request(role, 2), anHour());
  }
  const { calls } = subscription.cloud;
  const full = await cluster.verbs.list(anHour());
  calls.reset();
  const known = await cluster.verbs.list(anHour(), { notRunning: true });
  expect(known.map(({ id, group }) => ({ id, group }))).toEqual(full.map(({ id, group }) => ({ id, group })));
  expect(calls.operations().toSorted()).toEqual(["VirtualMachines_Get", "VirtualMachines_List"]);
});
