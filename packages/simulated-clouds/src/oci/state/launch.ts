import { outOfHostCapacity } from "../api-error.ts";
import { newOcid } from "../ocid.ts";
import type { Account } from "./account.ts";
import { BootVolume } from "./boot-volume.ts";
import { faultDomainFor } from "./capacity.ts";
import { Instance } from "./instance.ts";
import type { LaunchPlan } from "./launch-plan.ts";
import { checkLimits } from "./limits.ts";
import { defaultName } from "./make-networks.ts";
import { admits } from "./reach.ts";
import { Vnic } from "./vnic.ts";

const TERMINATED_MS = 3_600_000;

/** Makes an instance with its VNIC and its boot volume, and switches it on. @throws ApiError without limits or hosts for it */
export function launch(account: Account, plan: LaunchPlan): Instance {
  checkLimits(account, plan);
  const { capacity, instances, options } = account;
  const faultDomain = faultDomainFor(capacity, instances.all, { ...plan, shape: plan.shape.shape });
  if (faultDomain === undefined && options.capacityToldIn !== "work-request") throw outOfHostCapacity();
  const instance = make(account, plan, faultDomain ?? plan.faultDomain ?? "FAULT-DOMAIN-1");
  instances.put(instance);
  account.bootVolumes.put(instance.volume);
  const request = account.workRequests.open({
    compartmentId: instance.compartmentId,
    operationType: "LaunchInstance",
    acceptedAt: instance.createdAt,
    resource: { identifier: instance.id, entityType: "instance" },
  });
  instance.workRequestId = request.id;
  if (faultDomain !== undefined) {
    switchOn(account, instance);
    request.outcome = "SUCCEEDED";
    return instance;
  }
  account.clock.after(options.pendingMs ?? 8000, () => {
    request.outcome = "FAILED";
    request.error = { code: "InternalError", message: "Out of host capacity.", at: account.clock.now() };
    ended(account, instance);
  });
  return instance;
}

/** Ends an instance for good. Whether it may be was checked before. */
export function terminate(instance: Instance, { preservesVolume = false } = {}): void {
  instance.isTerminating = true;
  instance.preservesVolume = preservesVolume;
  instance.touch();
  instance.machine?.destroy();
}

function make(account: Account, plan: LaunchPlan, faultDomain: string): Instance {
  const { clock, region, publicRange } = account;
  const createdAt = clock.now();
  const { compartmentId, displayName = defaultName("instance", createdAt) } = plan.body;
  const place = { region: region.key, availabilityDomain: plan.availabilityDomain, compartmentId, createdAt };
  const { subnet, privateIp: asked, hasPublicIp, displayName: vnicName = displayName } = plan.vnic;
  const vnic = new Vnic({
    ...place,
    plan: plan.vnic,
    displayName: vnicName,
    privateIp: asked !== undefined && subnet.range.claim(asked) ? asked : subnet.range.take(),
    publicIp: hasPublicIp ? publicRange.take() : undefined,
  });
  const size =
    plan.body.sourceDetails?.sourceType === "image" ? plan.body.sourceDetails.bootVolumeSizeInGBs : undefined;
  const volume =
    plan.volume ??
    new BootVolume({
      ...place,
      displayName: `${displayName} (Boot Volume)`,
      sizeInGBs: size ?? plan.image?.sizeInGBs ?? 0,
      imageId: plan.image?.id,
    });
  const id = newOcid("instance", region.key);
  volume.instanceId = id;
  volume.isAttached = true;
  return new Instance({ id, plan, region: region.name, faultDomain, displayName, createdAt, vnic, volume });
}

function switchOn(account: Account, instance: Instance): void {
  const { plan, vnic } = instance;
  instance.machine = account.surroundings.fleet.launch(
    {
      id: instance.id,
      instanceId: instance.id,
      hostname: plan.vnic.hostnameLabel ?? hostnameFrom(instance.displayName),
      privateAddress: vnic.privateIp,
      publicAddress: vnic.publicIp,
      userData: plan.userData,
      cloudInit: plan.image?.cloudInit,
      attributes: plan.body.metadata,
      admits: (source, port) => admits(account, vnic, source, port),
    },
    {
      // It is stopped, and its boot volume costs money.
      onGuestShutdown: (machine) => machine.stop(),
      onGone: () => ended(account, instance),
    },
  );
}

function hostnameFrom(displayName: string): string {
  return displayName
    .toLowerCase()
    .replaceAll(/[^\da-z]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, 63);
}

/** It is TERMINATED: lists show that for an hour. */
function ended(account: Account, instance: Instance): void {
  const { clock, bootVolumes, instances, options } = account;
  const { vnic, volume } = instance;
  const { terminatedMs = TERMINATED_MS } = options;
  instance.terminatedAt = clock.now();
  instance.touch();
  vnic.subnet.range.release(vnic.privateIp);
  if (vnic.publicIp !== undefined) account.publicRange.release(vnic.publicIp);
  volume.isAttached = false;
  if (!instance.preservesVolume) volume.terminatedAt = clock.now();
  clock.after(terminatedMs, () => {
    instances.delete(instance);
    if (volume.terminatedAt !== undefined) bootVolumes.delete(volume);
  });
}
