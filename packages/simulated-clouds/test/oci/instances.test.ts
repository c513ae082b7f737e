import { models } from "oci-core";
import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { freshOci } from "./fresh-oci.ts";
import { refusal } from "./sdk.ts";

const given = freshOci();

test("an instance goes from PROVISIONING to TERMINATED, and its boot volume and VNIC with it", async () => {
  const { cloud, sdk } = given;
  const { compartmentId } = sdk;
  const { id, lifecycleState, shapeConfig } = await sdk.launch();
  expect([lifecycleState, shapeConfig?.vcpus]).toEqual(["PROVISIONING", 2]);
  await sdk.untilState(id, "RUNNING");
  const vnic = await sdk.vnic(id);
  expect(cloud.machines[0]).toMatchObject({ privateAddress: vnic.privateIp, publicAddress: vnic.publicIp });
  await sdk.terminate(id);
  await sdk.untilState(id, "TERMINATED");
  const { items } = await sdk.compute.listVnicAttachments({ compartmentId, instanceId: id });
  expect(items.map(({ lifecycleState: each }) => each)).toEqual(["DETACHED"]);
  expect(await refusal(sdk.network.getVnic({ vnicId: vnic.id }))).toMatch(/^404 NotAuthorizedOrNotFound: /u);
  expect(await refusal(sdk.terminate(id))).toMatch(/^404 NotAuthorizedOrNotFound: /u);
  expect([cloud.machines, cloud.account.bootVolumes.all[0]?.toJson()]).toMatchObject([
    [],
    { lifecycleState: "TERMINATED" },
  ]);
});

test("a boot volume that is preserved outlives its instance until it is deleted", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch({ displayName: "lab-worker", freeformTags: { "cluster-name": "lab" } });
  const bootVolumeId = cloud.machines[0]?.bootVolumeId ?? "";
  expect(await refusal(sdk.deleteVolume(bootVolumeId))).toMatch(/^409 Conflict: /u);
  await sdk.terminate(id, { preserveBootVolume: true });
  await sdk.untilState(id, "TERMINATED");
  expect(cloud.leftovers("lab")).toEqual([{ kind: "boot volume", id: bootVolumeId }]);
  await sdk.deleteVolume(bootVolumeId);
  expect(cloud.leftovers("lab")).toEqual([]);
});

test("an instance boots from a volume that another has left", async () => {
  const { cloud, sdk } = given;
  const first = await sdk.launch();
  const bootVolumeId = cloud.machines[0]?.bootVolumeId ?? "";
  const sourceDetails = { sourceType: "bootVolume", bootVolumeId };
  expect(await refusal(sdk.launch({ sourceDetails }))).toMatch(/^409 Conflict: /u);
  await sdk.terminate(first.id, { preserveBootVolume: true });
  await sdk.untilState(first.id, "TERMINATED");
  await sdk.launch({ sourceDetails });
  expect(cloud.machines.map(({ bootVolumeId: each }) => each)).toEqual([bootVolumeId]);
});

test("an instance that is being terminated cannot be changed", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch();
  cloud.account.instances.get(id).isTerminating = true;
  for (const call of [
    sdk.terminate(id),
    sdk.compute.updateInstance({ instanceId: id, updateInstanceDetails: { displayName: "other" } }),
  ]) {
    expect(await refusal(call)).toMatch(/^409 Conflict: instance \S+ is currently being modified, try again later\.$/u);
  }
});

test("a stopped instance stays and keeps its boot volume", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch();
  await sdk.untilState(id, "RUNNING");
  await sdk.compute.instanceAction({ instanceId: id, action: "STOP" });
  await sdk.untilState(id, "STOPPED");
  expect(await refusal(sdk.compute.instanceAction({ instanceId: id, action: "STOP" }))).toMatch(
    /^409 IncorrectState: /u,
  );
  expect(cloud.account.bootVolumes.all[0]?.isAttached).toBe(true);
  await sdk.terminate(id);
  await sdk.untilState(id, "TERMINATED");
});

test("the host of an instance fails, and it is stopped; preemption terminates it", async () => {
  const { cloud, sdk } = given;
  const standard = await sdk.launch({ displayName: "standard" });
  const preemptible = await sdk.launch({
    displayName: "preemptible",
    preemptibleInstanceConfig: { preemptionAction: { type: "TERMINATE", preserveBootVolume: false } },
  });
  await sdk.untilState(preemptible.id, "RUNNING");
  expect(await refusal(sdk.compute.instanceAction({ instanceId: preemptible.id, action: "STOP" }))).toMatch(
    /^400 InvalidParameter: .*preemptible/u,
  );
  await sdk.untilState(standard.id, "RUNNING");
  for (const name of ["standard", "preemptible"]) cloud.kill(name);
  await sdk.untilState(standard.id, "STOPPED");
  await sdk.untilState(preemptible.id, "TERMINATED");
});

test("if-match lets only the version that was read be changed", async () => {
  const { sdk } = given;
  const { id } = await sdk.launch();
  const { etag } = await sdk.compute.getInstance({ instanceId: id });
  const rename = async (displayName: string, ifMatch: string): Promise<string> => {
    const updateInstanceDetails = { displayName, freeformTags: { a: "b" } };
    const request = { instanceId: id, updateInstanceDetails, ifMatch };
    return (await sdk.compute.updateInstance(request)).instance.displayName ?? "";
  };
  expect(await rename("other", etag)).toBe("other");
  expect(await refusal(rename("third", etag))).toMatch(/^412 NoEtagMatch: /u);
});

test("two instances may have one display name", async () => {
  const { cloud, sdk } = given;
  await sdk.launch();
  await sdk.launch();
  const { items } = await sdk.compute.listInstances({ compartmentId: sdk.compartmentId, displayName: "one" });
  expect([items.length, new Set(cloud.machines.map(({ privateAddress }) => privateAddress)).size]).toEqual([2, 2]);
});

test("a private address is given once", async () => {
  const { cloud, sdk } = given;
  const [subnetId, privateIp] = [
    cloud.privateSubnet,
    cloud.account.subnets.get(cloud.privateSubnet).cidrBlock.replace(/0\/\d+$/u, "77"),
  ];
  await sdk.launch({ createVnicDetails: { subnetId, privateIp } });
  expect(cloud.machines.map(({ privateAddress, publicAddress }) => [privateAddress, publicAddress])).toEqual([
    [privateIp, undefined],
  ]);
  expect(await refusal(sdk.launch({ createVnicDetails: { subnetId, privateIp } }))).toMatch(/^409 Conflict: /u);
});

test("a VNIC has no id before it is attached, and lists lag behind launches", async () => {
  const { cloud, sdk } = given;
  const { id } = await sdk.launch();
  const attachments = async (): Promise<readonly models.VnicAttachment[]> => {
    const { compartmentId } = sdk;
    return (await sdk.compute.listVnicAttachments({ compartmentId, instanceId: id })).items;
  };
  const seen = new Set<string>();
  await until("the VNIC", async () => {
    const [attachment] = await attachments();
    seen.add(`${attachment?.lifecycleState ?? "absent"} ${(attachment?.vnicId ?? null) === null ? "without" : "with"}`);
    return attachment?.lifecycleState === models.VnicAttachment.LifecycleState.Attached;
  });
  expect(["absent without", "ATTACHING without", "ATTACHED with"]).toEqual(expect.arrayContaining([...seen]));
  expect(cloud.machines[0]?.state).not.toBe("TERMINATED");
});
