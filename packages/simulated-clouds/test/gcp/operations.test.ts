import { randomUUID } from "node:crypto";

import { describe, expect, it } from "vitest";

import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { freshGcp } from "./fresh-gcp.ts";
import { bulk, instance, refusal, Sdk, ZONE } from "./sdk.ts";

describe("operations", () => {
  const fresh = freshGcp();

  it("report a lack of capacity or quota after HTTP 200", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.capacity = [{ zone: ZONE, vms: 0, code: "ZONE_RESOURCE_POOL_EXHAUSTED" }];
    const operation = await sdk.finished(await sdk.insert(instance("vm-1")));
    expect(operation).toMatchObject({
      httpErrorStatusCode: 503,
      error: { errors: [{ code: "ZONE_RESOURCE_POOL_EXHAUSTED" }] },
    });
    cloud.account.capacity = [];
    cloud.account.quota = { IN_USE_ADDRESSES: 0, INSTANCES: 1 };
    const publicly = { networkInterfaces: [{ accessConfigs: [{}] }] };
    const failed = await sdk.finished(await sdk.insert(instance("vm-1", publicly)));
    expect(failed.httpErrorStatusCode).toBe(403);
    expect(failed.error?.errors?.[0]).toMatchObject({
      code: "QUOTA_EXCEEDED",
      message: "Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 0.0 in region us-central1.",
      errorDetails: [{ quotaInfo: { limit: 0, dimensions: { region: "us-central1" } } }],
    });
    expect(await sdk.done(await sdk.insert(instance("vm-1")))).toEqual([]);
    expect(await sdk.done(await sdk.insert(instance("vm-2")))).toEqual(["QUOTA_EXCEEDED"]);
  });

  it("are the same for a request resent with its requestId", async () => {
    const { cloud, sdk } = fresh;
    const requestId = randomUUID();
    const [first, again] = await Promise.all([1, 2].map(() => sdk.bulkInsert(bulk(3), { requestId })));
    expect(again).toEqual(first);
    expect(cloud.machines).toHaveLength(3);
    await sdk.bulkInsert(bulk(3), { requestId: randomUUID() });
    expect(cloud.machines).toHaveLength(6);
    for (const bad of ["00000000-0000-0000-0000-000000000000", "once"]) {
      expect(await refusal(sdk.insert(instance("vm-1"), { requestId: bad }))).toMatchObject({ status: 400 });
    }
  });

  it("of a VM deleted twice: the second one finds nothing", async () => {
    await using cloud = await new SimulatedGcp({ stoppingMs: 1_500_000 }).start();
    const sdk = new Sdk(cloud);
    await sdk.done(await sdk.insert(instance("vm-1")));
    const [first, second] = [await sdk.delete("vm-1"), await sdk.delete("vm-1")];
    expect((await sdk.get("vm-1")).status).toBe("STOPPING");
    expect(await refusal(sdk.insert(instance("vm-1")))).toMatchObject({ status: 409 });
    expect([await sdk.done(first), await sdk.done(second)]).toEqual([[], ["RESOURCE_NOT_FOUND"]]);
    expect(await refusal(sdk.delete("vm-1"))).toEqual({
      status: 404,
      message: `The resource 'projects/${sdk.project}/zones/${ZONE}/instances/vm-1' was not found`,
    });
  });

  it("belong to their zone and are known there only", async () => {
    const { sdk } = fresh;
    const { name } = await sdk.insert(instance("vm-1"));
    const other = sdk.zoneOperations.get({ project: sdk.project, zone: "us-east1-c", operation: name });
    expect(await refusal(other)).toMatchObject({ status: 404 });
  });
});

describe("time", () => {
  it("moves operations from pending to running and done; wait returns earlier", async () => {
    await using cloud = await new SimulatedGcp({ speed: 1000, pendingMs: 400_000, waitMs: 50_000 }).start();
    const sdk = new Sdk(cloud);
    const { name } = await sdk.insert(instance("vm-1"));
    const [operation] = cloud.account.operations.all;
    const where = { project: sdk.project, zone: ZONE, operation: name };
    const [waited] = await sdk.zoneOperations.wait(where);
    expect(waited.status).toBe("RUNNING");
    expect(waited).toMatchObject({ operationType: "insert", progress: 0, targetId: cloud.machines[0]?.id });
    await operation?.finished;
    const [done] = await sdk.zoneOperations.get(where);
    expect(done).toMatchObject({ status: "DONE", progress: 100 });
    expect(Date.parse(done.endTime ?? "") - Date.parse(done.insertTime ?? "")).toBeGreaterThanOrEqual(399_000);
  });
});
