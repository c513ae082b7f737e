import { ApiError, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { publicIpOf } from "../bodies/network.ts";
import type { Listed } from "../pages.ts";
import type { Account } from "../state/account.ts";
import type { Instance } from "../state/instance.ts";
import { timestamp } from "../state/resource.ts";
import type { Vnic } from "../state/vnic.ts";
import { compartmentOf, listOf, type Method, part, query, reply, resourceReply } from "./call.ts";

/** When the list of attachments has an instance's VNIC. */
function isShown({ clock, options }: Account, { createdAt }: Instance): boolean {
  const { pendingMs = 8000, vnicMs = pendingMs / 4 } = options;
  return clock.now() >= createdAt + vnicMs;
}

function attachmentState(account: Account, instance: Instance): "ATTACHING" | "ATTACHED" | "DETACHING" | "DETACHED" {
  const { pendingMs = 8000, vnicMs = pendingMs / 4 } = account.options;
  if (instance.state === "TERMINATED") return "DETACHED";
  if (instance.state === "TERMINATING") return "DETACHING";
  return account.clock.now() < instance.createdAt + 2 * vnicMs ? "ATTACHING" : "ATTACHED";
}

function attachmentJson(account: Account, instance: Instance): Readonly<Record<string, unknown>> {
  const { vnic, compartmentId, id, createdAt, plan } = instance;
  const lifecycleState = attachmentState(account, instance);
  return {
    availabilityDomain: plan.availabilityDomain,
    compartmentId,
    displayName: null,
    id: vnic.attachmentId,
    instanceId: id,
    lifecycleState,
    nicIndex: 0,
    subnetId: vnic.subnet.id,
    timeCreated: timestamp(createdAt),
    vlanTag: 1001,
    // Known when the attachment is complete.
    vnicId: lifecycleState === "ATTACHING" ? null : vnic.id,
  };
}

function shown(account: Account): readonly Instance[] {
  return account.instances.all.filter((instance) => isShown(account, instance));
}

/** A VNIC that is attached: that of a terminated instance is gone. */
function vnicOf(account: Account, matches: (vnic: Vnic) => boolean): Vnic {
  const found = shown(account).find(
    (instance) => matches(instance.vnic) && ["ATTACHED", "DETACHING"].includes(attachmentState(account, instance)),
  );
  if (found === undefined) throw notFound();
  return found.vnic;
}

export const VNICS = {
  ListVnicAttachments: (call) => {
    const { account } = call;
    const compartmentId = compartmentOf(call);
    const [instanceId, vnicId, domain] = ["instanceId", "vnicId", "availabilityDomain"].map((name) =>
      query(call, name),
    );
    if (instanceId !== undefined) account.instances.get(instanceId);
    const items = shown(account)
      .filter((instance) => instance.compartmentId === compartmentId)
      .filter(({ id, vnic, plan }) => {
        return (
          (instanceId ?? id) === id &&
          (vnicId ?? vnic.id) === vnic.id &&
          (domain ?? plan.availabilityDomain) === plan.availabilityDomain
        );
      })
      .map((instance): Listed => ({ key: instance.id, json: () => attachmentJson(account, instance) }));
    return listOf(call, items);
  },
  GetVnicAttachment: (call) => {
    const { account } = call;
    const id = part(call, "vnicAttachmentId");
    const instance = shown(account).find(({ vnic }) => vnic.attachmentId === id);
    if (instance === undefined) throw notFound();
    return reply(attachmentJson(account, instance), { etag: instance.etag });
  },
  GetVnic: (call) => resourceReply(vnicOf(call.account, ({ id }) => id === part(call, "vnicId"))),
  ListPrivateIps: (call) => {
    const { account } = call;
    const [vnicId, subnetId, address] = ["vnicId", "subnetId", "ipAddress"].map((name) => query(call, name));
    if (vnicId === undefined && subnetId === undefined) {
      throw new ApiError(400, "MissingParameter", "Either vnicId or subnetId is needed");
    }
    const items = shown(account)
      .filter(({ terminatedAt }) => terminatedAt === undefined)
      .map(({ vnic }) => vnic)
      .filter(({ id, subnet, privateIp }) => {
        return (vnicId ?? id) === id && (subnetId ?? subnet.id) === subnet.id && (address ?? privateIp) === privateIp;
      })
      .map((vnic): Listed => ({ key: vnic.privateIpId, json: () => privateIpJson(vnic) }));
    return listOf(call, items);
  },
  GetPublicIpByPrivateIpId: (call) => {
    const { privateIpId } = parsed(publicIpOf, call.request);
    const vnic = vnicOf(call.account, (each) => each.privateIpId === privateIpId);
    if (vnic.publicIp === undefined) throw notFound();
    const { compartmentId, availabilityDomain, createdAt } = vnic;
    return reply({
      id: vnic.privateIpId.replace("ocid1.privateip.", "ocid1.publicip."),
      assignedEntityId: privateIpId,
      assignedEntityType: "PRIVATE_IP",
      availabilityDomain,
      compartmentId,
      ipAddress: vnic.publicIp,
      lifecycleState: "ASSIGNED",
      lifetime: "EPHEMERAL",
      privateIpId,
      scope: "AVAILABILITY_DOMAIN",
      timeCreated: timestamp(createdAt),
    });
  },
} as const satisfies Readonly<Record<string, Method>>;

function privateIpJson(vnic: Vnic): Readonly<Record<string, unknown>> {
  return {
    id: vnic.privateIpId,
    availabilityDomain: vnic.availabilityDomain,
    compartmentId: vnic.compartmentId,
    displayName: vnic.displayName,
    hostnameLabel: vnic.plan.hostnameLabel ?? null,
    ipAddress: vnic.privateIp,
    isPrimary: true,
    subnetId: vnic.subnet.id,
    timeCreated: timestamp(vnic.createdAt),
    vnicId: vnic.id,
  };
}
