import { describe, expect, it } from "vitest";

import { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";
import { freshGcp } from "./fresh-gcp.ts";
import { begun, bootDisk, bulk, instance, refusal, Sdk, ZONE } from "./sdk.ts";

const PUBLIC = { networkInterfaces: [{ accessConfigs: [{ type: "ONE_TO_ONE_NAT" }] }] };

describe("policies of the organization", () => {
  const fresh = freshGcp({ policies: { vmExternalIpAccess: "deny", requiredLabels: ["cost-center"] } });
  const labels = { "cost-center": "42" };

  it("refuse a VM with 412, in Google's words", async () => {
    const { sdk, cloud } = fresh;
    const error: unknown = await sdk.insert(instance("vm-1", { ...PUBLIC, labels })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      httpStatusCode: 412,
      message: expect.stringMatching(/^Constraint constraints\/compute\.vmExternalIpAccess violated/u) as string,
    });
    expect((await refusal(sdk.insert(instance("vm-1")))).message).toContain("customConstraints/custom.requireLabels");
    expect(await sdk.done(await sdk.insert(instance("vm-1", { labels })))).toEqual([]);
    expect(cloud.machines).toHaveLength(1);
  });

  it("are reported for the VMs of a bulkInsert in the operations of its group", async () => {
    const { sdk } = fresh;
    const whole = await sdk.finished(await sdk.bulkInsert(bulk(2, {}, { ...PUBLIC, labels })));
    expect(whole.error?.errors?.map(({ code }) => code)).toEqual(["VM_MIN_COUNT_NOT_REACHED", "CONDITION_NOT_MET"]);
    const filter = `operationGroupId = ${whole.operationGroupId}`;
    const [all] = await sdk.zoneOperations.list({ project: sdk.project, zone: ZONE, filter });
    const inserts = all.filter(({ operationType }) => operationType === "insert");
    expect(inserts.map(({ httpErrorStatusCode }) => httpErrorStatusCode)).toEqual([412, 412]);
  });

  it("admit what they allow", async () => {
    const { sdk, cloud } = fresh;
    cloud.account.policies = {
      trustedImageProjects: ["ours"],
      requireShieldedVm: true,
      requireOsLogin: true,
      resourceLocations: ["us-central1"],
    };
    expect((await refusal(sdk.insert(instance("vm-1")))).message).toContain("trustedImageProjects");
    cloud.account.policies = { requireShieldedVm: true, requireOsLogin: true, resourceLocations: ["us-central1"] };
    expect((await refusal(sdk.insert(instance("vm-1")))).message).toContain("Secure Boot is not enabled");
    const shielded = { shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true } };
    expect((await refusal(sdk.insert(instance("vm-1", shielded)))).message).toContain("requireOsLogin");
    const metadata = { items: [{ key: "enable-oslogin", value: "TRUE" }] };
    await sdk.insert(instance("vm-1", { ...shielded, metadata }));
    const east = instance("vm-2", { ...shielded, metadata }, "us-east1-c");
    expect((await refusal(sdk.insert(east, { zone: "us-east1-c" }))).message).toContain("gcp.resourceLocations");
  });
});

it("a partial bulkInsert can report the reason only in the operations of its group", async () => {
  await using cloud = await new SimulatedGcp({ capacity: [{ vms: 1 }], minCountErrorsIn: "inserts" }).start();
  const sdk = new Sdk(cloud);
  const whole = await sdk.finished(await sdk.bulkInsert(bulk(2)));
  expect(whole.error?.errors?.map(({ code }) => code)).toEqual(["VM_MIN_COUNT_NOT_REACHED"]);
  const filter = `operationGroupId = ${whole.operationGroupId}`;
  const [all] = await sdk.zoneOperations.list({ project: sdk.project, zone: ZONE, filter });
  expect(all.flatMap(({ error }) => error?.errors?.map(({ code }) => code) ?? [])).toContain(
    "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
  );
});

describe("transient refusals", () => {
  const fresh = freshGcp();

  it("last for a number of calls, in the reply or in the operation", async () => {
    const { sdk, cloud } = fresh;
    const { refusals } = cloud.account;
    refusals.add("instances.insert", "preempted");
    refusals.add("instances.insert", "operation-rate");
    expect(await sdk.done(await sdk.insert(instance("vm-1")))).toEqual(["UNSUPPORTED_OPERATION"]);
    const limited = await sdk.finished(await sdk.insert(instance("vm-1")));
    expect(limited).toMatchObject({ httpErrorStatusCode: 403, httpErrorMessage: "FORBIDDEN" });
    expect(await sdk.done(await sdk.insert(instance("vm-1")))).toEqual([]);
    refusals.add("instances.bulkInsert", "preempted", 2);
    expect(await sdk.done(await sdk.bulkInsert(bulk(3, { minCount: 1 })))).toEqual([]);
    expect(cloud.machines).toHaveLength(2);
  });

  it("keep the resource to be deleted", async () => {
    const { sdk, cloud } = fresh;
    const { refusals } = cloud.account;
    await sdk.insert(instance("vm-1"));
    refusals.add("instances.delete", "condition");
    refusals.add("instances.delete", "concurrent-operations");
    refusals.add("instances.delete", "internal-error");
    expect(await refusal(sdk.delete("vm-1"))).toMatchObject({ status: 412 });
    expect(await refusal(sdk.delete("vm-1"))).toMatchObject({ status: 403 });
    expect(await sdk.done(await sdk.delete("vm-1"))).toEqual(["INTERNAL_ERROR"]);
    expect(cloud.machines).toHaveLength(1);
    expect(await sdk.done(await sdk.delete("vm-1"))).toEqual([]);
    expect(cloud.machines).toEqual([]);
    const rule = { name: "rule", network: "global/networks/default", allowed: [{ IPProtocol: "tcp" }] };
    await sdk.done(await sdk.insertFirewall({ ...rule, sourceRanges: ["10.0.0.0/8"] }));
    refusals.add("firewalls.delete", "internal-error");
    const remove = async (): Promise<readonly string[]> =>
      await sdk.done(begun(await sdk.firewalls.delete({ project: sdk.project, firewall: "rule" })));
    expect(await remove()).toEqual(["INTERNAL_ERROR"]);
    expect(await remove()).toEqual([]);
  });
});

it("a machine from an image without cloud-init ignores its user data silently", async () => {
  const images = [{ name: "mine", cloudInit: false }];
  await using cloud = await new SimulatedGcp({ images, boot: "paper", bootMs: 1000 }).start();
  const sdk = new Sdk(cloud);
  const metadata = { items: [{ key: "user-data", value: "#cloud-config\n{}\n" }] };
  const from = (sourceImage: string): Record<string, unknown> => ({ disks: [bootDisk({ sourceImage })], metadata });
  await sdk.insert(instance("mute", from("projects/dask-project/global/images/mine")));
  await sdk.insert(instance("debian", from("projects/debian-cloud/global/images/family/debian-13")));
  await sdk.insert(instance("ubuntu", { metadata }));
  const consoleOf = async (name: string): Promise<string> => {
    const where = { project: sdk.project, zone: ZONE, instance: name };
    return (await sdk.instances.getSerialPortOutput(where))[0].contents ?? "";
  };
  await expect.poll(() => consoleOf("ubuntu"), { timeout: 30_000 }).not.toBe("");
  expect(await consoleOf("mute")).toBe("");
  expect(await consoleOf("debian")).toBe("");
});
