import { expect, test } from "vitest";

import type { WireReply } from "../../../packages/simulated-clouds/src/core/http-cloud.ts";
import { begin, look } from "../../../providers/azure/api/operations.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { isolatedState } from "../../support/local-state.ts";
import { FROM_HERE, TestSubscription, anHour, json } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0 };
const PAGE = "<html><body>Please log in</body></html>";
const HTML = { "content-type": "text/html" };
const BEFORE: Machine = { id: "before", nodeName: "before", role: "worker", state: "running" };

test.each<[string, WireReply, RegExp]>([
  ["a page to log in at, as if all were well", { status: 200, headers: HTML, body: PAGE }, /did not come from Azure/],
  ["the same, said to be JSON", { ...json(200, ""), body: PAGE }, /did not come from Azure/],
  ["nothing at all", { status: 200 }, /gave no readable response/],
  [
    "a redirection",
    { status: 302, headers: { location: "https://127.0.0.1:1/" } },
    /did not come from Azure .*Check proxy and endpoint/,
  ],
  ["a proxy that wants a password", { status: 407, headers: HTML, body: PAGE }, /requires credentials/],
  [
    "a page that is not there",
    { status: 404, headers: HTML, body: PAGE },
    /did not come from Azure .*Check proxy and endpoint/,
  ],
])("a response that did not come from Azure is named, and nothing counts as gone: %s", async (_what, reply, words) => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  const end = subscription.instead(/./, reply);
  const { verbs } = cluster;
  const failure = { code: "PROVIDER_FAILED", message: expect.stringMatching(words) };
  const calls = [
    async () => await verbs.list(anHour()),
    async () => await verbs.resources(anHour()),
    async () => await verbs.release(anHour()),
  ];
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject(failure);
  }
  const created = await verbs.create(cluster.request("worker", 1), anHour());
  expect(created).toMatchObject({ machines: [], shortfall: failure, uncertain: true });
  if (reply.body !== undefined) await expect(verbs.destroy([BEFORE], anHour())).rejects.toMatchObject(failure);
  end();
});

test("a list whose next page repeats itself ends", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  let asked = 0;
  const end = subscription.instead(/^VirtualMachineScaleSets_List$/, ({ url }) => {
    asked += 1;
    return json(200, { value: [], nextLink: `${subscription.cloud.endpoint}${url.pathname}${url.search}` });
  });
  await expect(cluster.verbs.list(anHour())).rejects.toMatchObject({
    code: "PROVIDER_FAILED",
    message: expect.stringContaining("a list without an end"),
  });
  expect(asked).toBe(2);
  end();
});

test("Retry-After of an operation is capped at a sensible delay", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  subscription.instead(/^Operations_Get$/, json(200, { status: "InProgress" }, { "retry-after": "3600" }));
  const api = await subscription.api();
  const making = await begin(api, { action: "test", service: "network" }, anHour(), ({ applicationSecurityGroups }) =>
    applicationSecurityGroups.createOrUpdate("dask-rg", "some", { location: "eastus" }),
  );
  await look(api, making, anHour());
  expect(making.toldMs).toBe(2000);
});

test.each([
  ["an expired token", json(401, { error: { code: "ExpiredAuthenticationToken", message: "expired" } })],
  ["a permission", json(403, { error: { code: "AuthorizationFailed", message: "may not" } })],
  ["an operation that is unknown", json(404, { error: { code: "NotFound", message: "no such operation" } })],
])("a refused poll leaves the accepted creation's outcome unknown: %s", async (_what, refusal) => {
  await using subscription = await TestSubscription.open({ ...QUICK, pendingMs: 300_000, bootMs: 300_000 });
  const cluster = await subscription.prepared();
  for (const role of ["worker", "scheduler"] as const) {
    let isBegun = false;
    const end = subscription.instead(/^/, ({ method, url }) => {
      isBegun ||= method === "PUT";
      return isBegun && /\/(?:operations\/[^/]+|virtualMachines(?:\/[^/]+)?)$/.test(url.pathname) && method === "GET"
        ? refusal
        : undefined;
    });
    const created = await cluster.verbs.create(cluster.request(role, 1), anHour());
    expect(created).toMatchObject({ machines: [], shortfall: expect.any(Error), uncertain: true });
    end();
  }
  expect(subscription.cloud.machines).toHaveLength(2);
});

test("an accepted network resource may exist even if reading it is forbidden", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = subscription.cluster({ ...FROM_HERE, listLagMs: 3_600_000 });
  const end = subscription.instead(
    /^Operations_Get$/,
    json(403, { error: { code: "AuthorizationFailed", message: "may not" } }),
  );
  const prepared = cluster.verbs.prepare(
    {
      tags: { creator: "dask-fleet", "cluster-name": cluster.name, "cluster-id": cluster.id ?? "" },
      groups: [],
      expiresAt: undefined,
    },
    anHour(),
  );
  await expect(prepared).rejects.toMatchObject({ code: "AUTH_FAILED" });
  end();
  await expect(cluster.verbs.release(anHour())).rejects.toThrow(/It may have succeeded/);
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
});

test("a lock fails the close, which lists what is left; once unlocked, the next close removes it", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  const options = { ...FROM_HERE, nWorkers: 1, security: false, closeTimeoutMs: 5000 } as const;
  const cluster = await subscription.cluster(options).start();
  const end = subscription.instead(
    /_Delete/,
    json(409, { error: { code: "ScopeLocked", message: "Please remove the lock and try again." } }),
  );
  await expect(cluster.close()).rejects.toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    message: expect.stringMatching(/Left behind: virtual machine [^]*A lock on the resource group/),
  });
  end();
  await cluster.close();
  expect([cluster.state, subscription.cloud.leftovers(cluster.name)]).toEqual(["closed", []]);
});
