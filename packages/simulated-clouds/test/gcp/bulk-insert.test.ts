import { describe, expect, it } from "vitest";

import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { freshGcp, sharedGcp } from "./fresh-gcp.ts";
import { begun, bootDisk, bulk, instance, refusal, Sdk, ZONE } from "./sdk.ts";

describe("instances.bulkInsert", () => {
  const fresh = freshGcp({ listLagMs: 0 });

  it("creates many VMs with one call, each with its own address, and counts them", async () => {
    const { cloud, sdk } = fresh;
    const properties = { labels: { "cluster-name": "c1" }, tags: { items: ["c1"] } };
    const operation = await sdk.finished(await sdk.bulkInsert(bulk(120, {}, properties)));
    expect(operation.error).toBeUndefined();
    expect(operation.instancesBulkInsertOperationMetadata?.perLocationStatus).toMatchObject({
      [`zones/${ZONE}`]: { status: "DONE", targetVmCount: 120, createdVmCount: 120, failedToCreateVmCount: 0 },
    });
    expect(cloud.calls.operations().filter((name) => !name.endsWith("wait"))).toEqual(["instances.bulkInsert"]);
    expect(new Set(cloud.machines.map(({ privateAddress }) => privateAddress)).size).toBe(120);
    expect(cloud.machines.map(({ name }) => name).slice(0, 2)).toEqual(["w-0001", "w-0002"]);
    expect(cloud.machines[119]).toMatchObject({ name: "w-0120", labels: properties.labels, tags: ["c1"] });
  });

  it("numbers on from the highest name that is in use", async () => {
    const { cloud, sdk } = fresh;
    await sdk.insert(instance("w-0050"));
    await sdk.insert(instance("w-00077"));
    await sdk.bulkInsert(bulk(2));
    expect(cloud.machines.map(({ name }) => name)).toEqual(["w-0050", "w-00077", "w-0051", "w-0052"]);
  });

  it("accepts names and host names per VM, and fails those that are taken", async () => {
    const { cloud, sdk } = fresh;
    await sdk.insert(instance("b"));
    const more = { perInstanceProperties: { a: {}, b: {}, c: {} }, namePattern: "", minCount: 2 };
    const operation = await sdk.finished(await sdk.bulkInsert(bulk(3, more)));
    expect(cloud.machines.map(({ name }) => name)).toEqual(["b", "a", "c"]);
    const [inserts] = await sdk.zoneOperations.list({
      project: sdk.project,
      zone: ZONE,
      filter: `operationGroupId=${operation.operationGroupId} AND operationType=insert`,
    });
    const codes = inserts.map(({ targetLink, error }) => [targetLink?.split("/").at(-1), error?.errors?.[0]?.code]);
    expect(Object.fromEntries(codes)).toEqual({ a: undefined, b: "RESOURCE_ALREADY_EXISTS", c: undefined });
  });

  it("keeps at least minCount VMs and reports the rest in their own operations", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.capacity = [{ zone: ZONE, vms: 3 }];
    const operation = await sdk.finished(await sdk.bulkInsert(bulk(5, { minCount: 1 })));
    expect(operation.error).toBeUndefined();
    expect(Object.values(operation.instancesBulkInsertOperationMetadata?.perLocationStatus ?? {})).toMatchObject([
      { createdVmCount: 3, failedToCreateVmCount: 2 },
    ]);
    expect(cloud.machines).toHaveLength(3);
    const [failed] = await sdk.zoneOperations.list({
      project: sdk.project,
      zone: ZONE,
      filter: `(operationGroupId = "${operation.operationGroupId}") (httpErrorStatusCode = 503)`,
    });
    expect(failed.map(({ error }) => error?.errors?.[0]?.code)).toEqual(
      Array.from({ length: 2 }, () => "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"),
    );
  });

  it("rolls back below minCount, which defaults to count", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.capacity = [{ zone: ZONE, vms: 3, code: "ZONE_RESOURCE_POOL_EXHAUSTED" }];
    const operation = await sdk.bulkInsert(bulk(5));
    expect(cloud.machines).toHaveLength(3);
    const codes = ["VM_MIN_COUNT_NOT_REACHED", "ZONE_RESOURCE_POOL_EXHAUSTED"];
    expect(await sdk.done(operation)).toEqual(codes);
    expect(cloud.machines).toEqual([]);
  });

  it("counts capacity by zone, type and provisioning model", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.capacity = [
      { provisioningModel: "SPOT", vms: 0 },
      { machineType: "e2-standard-4", vms: 0 },
    ];
    const spot = { scheduling: { provisioningModel: "SPOT", instanceTerminationAction: "DELETE" } };
    const codes = ["VM_MIN_COUNT_NOT_REACHED", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"];
    expect(await sdk.done(await sdk.bulkInsert(bulk(1, {}, spot)))).toEqual(codes);
    expect(await sdk.done(await sdk.bulkInsert(bulk(1, {}, { machineType: "e2-standard-4" })))).toEqual(codes);
    expect(await sdk.done(await sdk.bulkInsert(bulk(1)))).toEqual([]);
    expect(cloud.machines).toHaveLength(1);
  });

  it("refuses at once if minCount exceeds the quota, and otherwise fills what is left of it", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.quota = { CPUS: 6 };
    const answer = await refusal(sdk.bulkInsert(bulk(5)));
    expect(answer).toEqual({ status: 403, message: "Quota 'CPUS' exceeded.  Limit: 6.0 in region us-central1." });
    expect(await sdk.done(await sdk.bulkInsert(bulk(5, { minCount: 1 })))).toEqual([]);
    expect(cloud.machines).toHaveLength(3);
  });

  it("counts vCPUs by series and GPUs by type and market, and GPUs of all regions together", async () => {
    const { cloud, sdk } = fresh;
    const t4 = (acceleratorCount: number): ReturnType<typeof bulk> =>
      bulk(
        1,
        {},
        {
          machineType: "n1-standard-4",
          guestAccelerators: [{ acceleratorType: "nvidia-tesla-t4", acceleratorCount }],
          scheduling: { onHostMaintenance: "TERMINATE" },
        },
      );
    cloud.account.quota = { N2_CPUS: 4, NVIDIA_T4_GPUS: 1, GPUS_ALL_REGIONS: 0 };
    expect(await refusal(sdk.bulkInsert(bulk(1, {}, { machineType: "n2-standard-8" })))).toEqual({
      status: 403,
      message: "Quota 'N2_CPUS' exceeded.  Limit: 4.0 in region us-central1.",
    });
    expect(await sdk.done(await sdk.bulkInsert(bulk(1, {}, { machineType: "e2-standard-8" })))).toEqual([]);
    expect((await refusal(sdk.bulkInsert(t4(1)))).message).toBe(
      "Quota 'GPUS_ALL_REGIONS' exceeded.  Limit: 0.0 globally.",
    );
    cloud.account.quota = { NVIDIA_T4_GPUS: 1 };
    expect((await refusal(sdk.bulkInsert(t4(2)))).message).toMatch(/'NVIDIA_T4_GPUS' exceeded/);
    expect(await sdk.done(await sdk.bulkInsert(t4(1)))).toEqual([]);
  });
});

describe("regionInstances.bulkInsert", () => {
  const fresh = freshGcp({ listLagMs: 0 });

  it("chooses the zone with the most capacity", async () => {
    const { cloud, sdk } = fresh;
    cloud.account.capacity = ["us-central1-a", "us-central1-b", "us-central1-c"].map((zone, vms) => ({ zone, vms }));
    const call = (locations: Record<string, unknown>): Promise<unknown> =>
      sdk.regionInstances.bulkInsert({
        project: sdk.project,
        region: "us-central1",
        bulkInsertInstanceResourceResource: bulk(2, { locationPolicy: { locations } }),
      });
    const operation = begun((await call({ "zones/us-central1-f": { preference: "DENY" } })) as unknown[]);
    expect(operation.region).toBe("us-central1");
    expect(await sdk.done(operation)).toEqual([]);
    expect(cloud.machines.map(({ zone }) => zone)).toEqual(["us-central1-c", "us-central1-c"]);
    expect(await refusal(call({ "zones/us-east1-c": { preference: "ALLOW" } }))).toMatchObject({ status: 400 });
  });
});

describe("the requests of bulkInsert", () => {
  const shared = sharedGcp();
  const refused: [what: string, body: Record<string, unknown>, message: RegExp, status?: number][] = [
    ["no VM", bulk(0), /count/u],
    ["too many", bulk(5001), /between 1 and 5000/u],
    ["a minCount above count", bulk(2, { minCount: 3 }), /minCount/u],
    ["neither pattern nor names", bulk(2, { namePattern: "" }), /Exactly one/u],
    ["both", bulk(2, { perInstanceProperties: { a: {}, b: {} } }), /Exactly one/u],
    ["no placeholder", bulk(2, { namePattern: "worker" }), /hash characters/u],
    ["two placeholders", bulk(2, { namePattern: "w-#-#" }), /hash characters/u],
    ["19 placeholders", bulk(2, { namePattern: "w".concat("#".repeat(19)) }), /hash characters/u],
    ["more names than digits have", bulk(10, { namePattern: "w-#" }), /no 10 names/u],
    ["a bad name", bulk(2, { namePattern: "W-##" }), /regex/u],
    ["a URL of a machine type", bulk(2, {}, { machineType: `zones/${ZONE}/machineTypes/e2-standard-2` }), /not a URL/u],
    [
      "a URL of a disk type",
      bulk(2, {}, { disks: [bootDisk({ diskType: `zones/${ZONE}/diskTypes/pd-ssd` })] }),
      /URL/u,
    ],
    ["one name for all disks", bulk(2, {}, { disks: [bootDisk({ diskName: "d" })] }), /Disk names/u],
    ["zones of a zone", bulk(2, { locationPolicy: { targetShape: "ANY" } }), /region only/u],
  ];
  it.each(refused)("refuses %s", async (_, body, message, status = 400) => {
    const answer = await refusal(shared.sdk.bulkInsert(body));
    expect(answer).toEqual({ status, message: expect.stringMatching(message) as string });
    expect(shared.cloud.machines).toEqual([]);
  });
});

describe("concurrent bulkInserts", () => {
  it("are ten at most", async () => {
    await using cloud = await new SimulatedGcp({ pendingMs: 20_000_000 }).start();
    const sdk = new Sdk(cloud);
    for (let call = 0; call < 10; call++) await sdk.bulkInsert(bulk(1));
    expect(await refusal(sdk.bulkInsert(bulk(1)))).toEqual({
      status: 403,
      message: expect.stringContaining("BulkInsertConcurrentOperations") as string,
    });
  });
});

describe("a lack of capacity", () => {
  it("is reported in the reply, or in the whole operation of a partial bulkInsert, as a test chooses", async () => {
    const capacity = [{ vms: 1 }];
    const options = { capacity, capacityRefusedIn: "reply", partialErrorsIn: "operation" } as const;
    await using cloud = await new SimulatedGcp(options).start();
    const sdk = new Sdk(cloud);
    expect(await refusal(sdk.bulkInsert(bulk(2)))).toMatchObject({ status: 503 });
    const codes = await sdk.done(await sdk.bulkInsert(bulk(2, { minCount: 1 })));
    expect(codes).toEqual(["ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"]);
    expect(cloud.machines).toHaveLength(1);
  });
});
