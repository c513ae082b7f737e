import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { anHour, FROM_HERE, json, TestSubscription } from "./subscription.ts";

isolatedState();

const PAPER = { boot: "paper", listLagMs: 0, stoppingMs: 0 } as const;

test("one resource that may not be deleted does not block the others", async () => {
  await using subscription = await TestSubscription.open(PAPER);
  const { cloud } = subscription;
  const cluster = await subscription.prepared({ name: "lab" });
  await cluster.verbs.create(cluster.request("worker", 1), anHour());
  await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
  await until("the worker to go", () => cloud.machines.length === 0);
  cloud.forbidden = new Set(["VirtualMachineScaleSets_Delete", "NetworkSecurityGroups_Delete"]);
  const refusal: unknown = await cluster.verbs.release(anHour()).catch((error: unknown) => error);
  expect(String(refusal)).toMatch(/virtualMachineScaleSets\/delete/);
  expect(String(refusal)).toMatch(/networkSecurityGroups\/delete/);
  // What the security group names is in use.
  expect(new Set(cloud.leftovers("lab").map(({ kind }) => kind))).toEqual(
    new Set(["scale set", "security group", "application security group"]),
  );
  cloud.forbidden = new Set();
  await cluster.verbs.release(anHour());
  expect(cloud.leftovers("lab")).toEqual([]);
});

test("an interface reserved for a failed machine is removed once Azure allows it", async () => {
  await using subscription = await TestSubscription.open({
    ...PAPER,
    // Three seconds of ours, and as much longer as the start waits.
    nicReservedMs: 1000 * patient(3000),
    capacity: [{ priority: "Spot", machines: 0 }],
  });
  const { cloud } = subscription;
  const options = { ...FROM_HERE, nWorkers: 1, spot: true, security: false, startTimeoutMs: patient(4000) };
  const cluster = subscription.cluster(options);
  await expect(cluster.start()).rejects.toMatchObject({ code: "CAPACITY_UNAVAILABLE" });
  const refused = cloud.calls.entries.filter(
    ({ operation, status }) => operation === "NetworkInterfaces_Delete" && status === 400,
  );
  expect([refused.length > 0, cloud.leftovers(cluster.name)]).toEqual([true, []]);
});

test.each([
  ["another deletion of the same set", 409, "Conflict", /DeleteInstances/],
  ["a resource in use", 400, "InUseNetworkSecurityGroupCannotBeDeleted", /SecurityGroups_Delete/],
  ["too many calls", 429, "TooManyRequests", /_Delete/],
] as const)("%s does not fail a teardown that succeeds later", async (_what, status, code, operations) => {
  await using subscription = await TestSubscription.open(PAPER);
  const { cloud } = subscription;
  const cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 2, security: false }).start();
  let left = 3;
  subscription.instead(operations, () => {
    left -= 1;
    return left >= 0 ? json(status, { error: { code, message: "Not now." } }) : undefined;
  });
  await cluster.close();
  expect([cluster.state, cloud.leftovers(cluster.name), left < 0]).toEqual(["closed", [], true]);
});
