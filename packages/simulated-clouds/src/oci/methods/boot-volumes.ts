import { conflict, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { updateBootVolume } from "../bodies/instance.ts";
import { checkNamed } from "../checks/names.ts";
import type { Listed } from "../pages.ts";
import type { BootVolume } from "../state/boot-volume.ts";
import type { Instance } from "../state/instance.ts";
import { timestamp } from "../state/resource.ts";
import {
  type Call,
  checkMatch,
  compartmentOf,
  filtered,
  list,
  listOf,
  type Method,
  NO_CONTENT,
  part,
  query,
  resourceReply,
} from "./call.ts";

/** One that is still there. */
function volumeOf(call: Call): BootVolume {
  const volume = call.account.bootVolumes.get(part(call, "bootVolumeId"));
  if (volume.terminatedAt !== undefined) throw notFound();
  return volume;
}

export const BOOT_VOLUMES = {
  ListBootVolumes: (call) => {
    return list(call, filtered(call, call.account.bootVolumes.listed(compartmentOf(call)), ["availabilityDomain"]));
  },
  GetBootVolume: (call) => resourceReply(call.account.bootVolumes.get(part(call, "bootVolumeId"))),
  UpdateBootVolume: (call) => {
    const body = parsed(updateBootVolume, call.request);
    checkNamed(call.account, body);
    const volume = volumeOf(call);
    checkMatch(call, volume);
    volume.rename(body);
    return resourceReply(volume);
  },
  DeleteBootVolume: (call) => {
    const volume = volumeOf(call);
    checkMatch(call, volume);
    if (volume.isAttached) throw conflict(`Boot volume ${volume.id} is attached to instance ${volume.instanceId}`);
    volume.terminatedAt = call.account.clock.now();
    volume.touch();
    return NO_CONTENT;
  },
  ListBootVolumeAttachments: (call) => {
    const { account } = call;
    const compartmentId = compartmentOf(call);
    const [domain, instanceId, volumeId] = ["availabilityDomain", "instanceId", "bootVolumeId"].map((name) =>
      query(call, name),
    );
    const items = account.instances
      .listed(compartmentId)
      .filter(({ id, volume, plan }) => {
        return (
          (domain ?? plan.availabilityDomain) === plan.availabilityDomain &&
          (instanceId ?? id) === id &&
          (volumeId ?? volume.id) === volume.id
        );
      })
      .map((instance): Listed => ({ key: instance.id, json: () => attachmentJson(instance) }));
    return listOf(call, items);
  },
  ListVolumes: (call) => {
    compartmentOf(call);
    return listOf(call, []);
  },
  ListVolumeAttachments: (call) => {
    compartmentOf(call);
    return listOf(call, []);
  },
} as const satisfies Readonly<Record<string, Method>>;

function attachmentJson(instance: Instance): Readonly<Record<string, unknown>> {
  const { id, compartmentId, plan, volume, createdAt, state } = instance;
  return {
    // One for each instance, of the same number.
    id,
    availabilityDomain: plan.availabilityDomain,
    bootVolumeId: volume.id,
    compartmentId,
    displayName: "Remote boot attachment for instance",
    instanceId: id,
    isPvEncryptionInTransitEnabled: instance.isEncryptedInTransit,
    encryptionInTransitType: "NONE",
    lifecycleState: state === "TERMINATED" ? "DETACHED" : state === "PROVISIONING" ? "ATTACHING" : "ATTACHED",
    timeCreated: timestamp(createdAt),
  };
}
