import { expect, test } from "vitest";

import { CallContext, callPolicy } from "../../../providers/azure/api/call-context.ts";
import { sleep } from "../../../src/wait.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, FROM_HERE, json, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0 };
const FORBIDDEN = json(403, { error: { code: "AuthorizationFailed", message: "may not" } });

test.each([
  ["Retry-After", { "retry-after": "2" }],
  ["x-ms-retry-after-ms", { "x-ms-retry-after-ms": "2000" }],
])("a throttled call is retried after the delay in %s", async (_what, headers) => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ apiRetries: 1 });
  const askedAt: number[] = [];
  const end = subscription.instead(/^VirtualMachineScaleSets_List$/, () => {
    askedAt.push(performance.now());
    return json(429, { error: { code: "TooManyRequests", message: "slow down" } }, headers);
  });
  await expect(cluster.verbs.list(anHour())).rejects.toMatchObject({
    code: "PROVIDER_FAILED",
    message: expect.stringContaining("throttled the call after 2 attempts"),
  });
  const [first = 0, second = 0, ...more] = askedAt;
  expect(second - first).toBeGreaterThanOrEqual(1990);
  expect([more, second - first < 6000]).toEqual([[], true]);
  end();
});

test("a cancelled call stops waiting for its retry and rejects with the caller's reason", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  const tooMany = json(429, { error: { code: "TooManyRequests", message: "slow down" } }, { "retry-after": "60" });
  const end = subscription.instead(/^VirtualMachineScaleSets_List$/, tooMany);
  const reason = new Error("given up");
  const caller = new AbortController();
  setTimeout(() => caller.abort(reason), 100);
  await expect(cluster.verbs.list(caller.signal)).rejects.toBe(reason);
  end();
});

test("each request gets its call's signal and timeout, which the SDK does not pass on", async () => {
  const { signal } = new AbortController();
  const request = {} as Parameters<typeof callPolicy.sendRequest>[0];
  const headers = { get: () => undefined };
  const context = new CallContext(signal, 1234);
  await context.run(async () => await callPolicy.sendRequest(request, async () => ({ status: 200, headers }) as never));
  expect(request).toEqual({ abortSignal: signal, timeout: 1234 });
});

test("a failed network resource is reported, and the firewall that depends on it is not created", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = subscription.cluster(FROM_HERE);
  const end = subscription.instead(/^VirtualNetworks_CreateOrUpdate$/, FORBIDDEN);
  const tags = { creator: "dask-fleet", "cluster-name": cluster.name, "cluster-id": cluster.id ?? "" };
  await expect(cluster.verbs.prepare({ tags, groups: [], expiresAt: undefined }, anHour())).rejects.toMatchObject({
    code: "AUTH_FAILED",
    message: expect.stringContaining("VirtualNetworks_CreateOrUpdate"),
  });
  expect(subscription.cloud.account.securityGroups.all.map(({ name }) => name)).toEqual(["lab-nsg"]);
  end();
  await cluster.verbs.release(anHour());
});

test("a network resource that may exist is awaited before the cluster counts as removed", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = subscription.cluster({ ...FROM_HERE, listLagMs: 400 });
  subscription.cloud.faults.onOperation("VirtualNetworks_CreateOrUpdate", "error-before", { times: 3 });
  const tags = { creator: "dask-fleet", "cluster-name": cluster.name, "cluster-id": cluster.id ?? "" };
  await expect(cluster.verbs.prepare({ tags, groups: [], expiresAt: undefined }, anHour())).rejects.toThrow(
    /internal error/,
  );
  await expect(cluster.verbs.release(anHour())).rejects.toThrow(/It may have succeeded/);
  await sleep(500);
  await cluster.verbs.release(anHour());
});

test("a network resource that may not be deleted is reported", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  const end = subscription.instead(/^VirtualNetworks_Delete$/, FORBIDDEN);
  await expect(cluster.verbs.release(anHour())).rejects.toMatchObject({ code: "AUTH_FAILED" });
  end();
  await cluster.verbs.release(anHour());
});

test("created machines are returned even if failed ones cannot be deleted", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, stoppingMs: 0, capacity: [{ machines: 1 }] });
  const cluster = await subscription.prepared();
  const end = subscription.instead(/_DeleteInstances$|^VirtualMachines_Delete$/, FORBIDDEN);
  const created = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  expect(created).toMatchObject({ shortfall: { code: "CAPACITY_UNAVAILABLE" }, uncertain: false });
  expect(created.machines).toHaveLength(1);
  end();
  const states = (await cluster.verbs.list(anHour())).map(({ state }) => state);
  expect(states.filter((state) => state === "stopped")).toHaveLength(1);
});

test("a deletion whose operation Azure forgets has not failed", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  const end = subscription.instead(
    /^Operation(?:s|Results)_Get$/,
    json(404, { error: { code: "NotFound", message: "no" } }),
  );
  await cluster.verbs.release(anHour());
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
  end();
});

test("machines are deleted without waiting for the guest to shut down", async () => {
  await using subscription = await TestSubscription.open({
    ...QUICK,
    stoppingMs: 0,
    capacity: [{ zone: "1", machines: 0 }],
  });
  const cluster = await subscription.prepared({ zones: [1, 2] });
  for (const role of ["scheduler", "worker"] as const) {
    await cluster.verbs.create(cluster.request(role, 1), anHour());
  }
  await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
  const forced = subscription.cloud.recorder.requests
    .filter(({ operation }) => /^VirtualMachines_Delete$|_DeleteInstances$/.test(operation))
    .map(({ operation, request }) => `${operation} ${request.url.searchParams.get("forceDeletion")}`);
  // A deletion that conflicts with a creation is retried.
  expect(new Set(forced)).toEqual(
    new Set(["VirtualMachines_Delete true", "VirtualMachineScaleSets_DeleteInstances true"]),
  );
  // The scheduler's machine that found no place in zone 1, and the one in zone 2.
  expect(forced.filter((each) => each.startsWith("VirtualMachines_")).length).toBeGreaterThanOrEqual(2);
});

test("a machine that may not be deleted is reported, and the others are deleted", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, stoppingMs: 0 });
  const cluster = await subscription.prepared();
  for (const role of ["scheduler", "worker"] as const) {
    await cluster.verbs.create(cluster.request(role, 1), anHour());
  }
  const end = subscription.instead(/^VirtualMachines_Delete$/, FORBIDDEN);
  const machines = await cluster.verbs.list(anHour());
  await expect(cluster.verbs.destroy(machines, anHour())).rejects.toMatchObject({ code: "AUTH_FAILED" });
  const left = (await cluster.verbs.list(anHour())).filter(({ state }) => state !== "ending");
  expect(left.map(({ role }) => role)).toEqual(["scheduler"]);
  end();
});
