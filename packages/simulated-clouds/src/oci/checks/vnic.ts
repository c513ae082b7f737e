import { NotUnderstood } from "../../core/http-cloud.ts";
import { cidrContains } from "../../core/subnet.ts";
import { conflict, incorrectState, invalid } from "../api-error.ts";
import type { LaunchBody } from "../bodies/instance.ts";
import type { Account } from "../state/account.ts";
import type { Subnet, Vcn } from "../state/networks.ts";
import type { SecurityGroup } from "../state/security-groups.ts";
import type { VnicPlan } from "../state/vnic.ts";
import { checkNamed } from "./names.ts";

const MOST_GROUPS = 5;
const HOSTNAME = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/iu;

/** A launch's primary VNIC. */
export function readVnic(
  account: Account,
  body: Pick<LaunchBody, "createVnicDetails" | "subnetId" | "hostnameLabel" | "availabilityDomain">,
): VnicPlan {
  const details = body.createVnicDetails ?? {};
  checkNamed(account, details);
  const subnet = readSubnet(account, details.subnetId ?? body.subnetId, body.availabilityDomain);
  const hasPublicIp = details.assignPublicIp ?? !subnet.isPrivate;
  if (hasPublicIp && subnet.isPrivate) {
    throw invalid(`VNIC cannot be assigned a public IP: subnet ${subnet.id} prohibits public IPs`);
  }
  checkPrivateIp(subnet, details.privateIp);
  return {
    subnet,
    groups: readGroups(account, details.nsgIds ?? [], subnet),
    hasPublicIp,
    privateIp: details.privateIp,
    hostnameLabel: readHostname(account, details.hostnameLabel ?? body.hostnameLabel, subnet),
    displayName: details.displayName,
    skipSourceDestCheck: details.skipSourceDestCheck ?? false,
  };
}

function readSubnet(account: Account, id: string | undefined, availabilityDomain: string): Subnet {
  if (id === undefined) throw invalid("subnetId may not be null");
  const subnet = account.subnets.get(id, `subnet ${id} not found`);
  if (subnet.state() !== "AVAILABLE") throw incorrectState(`Subnet ${id} is in state PROVISIONING`);
  if (subnet.availabilityDomain !== undefined && subnet.availabilityDomain !== availabilityDomain) {
    throw invalid(`Subnet ${id} is not in availability domain ${availabilityDomain}`);
  }
  if (subnet.range.free < 1) throw conflict(`Subnet ${id} has no available IP addresses`);
  return subnet;
}

function readGroups(account: Account, ids: readonly string[], subnet: Subnet): readonly SecurityGroup[] {
  if (ids.length > MOST_GROUPS) throw invalid(`nsgIds size must be between 0 and ${MOST_GROUPS}`);
  return ids.map((id) => {
    const group = account.groups.get(id, `NetworkSecurityGroup ${id} not found`);
    if (group.vcn !== subnet.vcn) throw invalid(`NetworkSecurityGroup ${id} is not in the VCN of subnet ${subnet.id}`);
    if (group.state !== "AVAILABLE") throw incorrectState(`NetworkSecurityGroup ${id} is in state PROVISIONING`);
    return group;
  });
}

function checkPrivateIp(subnet: Subnet, privateIp: string | undefined): void {
  if (privateIp === undefined) return;
  if (!cidrContains(subnet.cidrBlock, privateIp)) {
    throw invalid(`privateIp ${privateIp} is not in the CIDR of subnet ${subnet.id}`);
  }
  if (!subnet.vcn.isReal) throw new NotUnderstood("privateIp in a VCN whose addresses are not this computer's");
  if (!subnet.range.claim(privateIp)) throw conflict(`IP address ${privateIp} is already in use`);
  subnet.range.release(privateIp);
}

function readHostname(account: Account, label: string | undefined, subnet: Subnet): string | undefined {
  if (label === undefined) return undefined;
  if (!HOSTNAME.test(label)) throw invalid(`Invalid hostnameLabel: '${label}'`);
  if (subnet.dnsLabel === undefined) throw invalid("hostnameLabel: the subnet has no DNS label");
  const isTaken = account.vnics.some((vnic) => vnic.subnet === subnet && vnic.plan.hostnameLabel === label);
  if (isTaken) throw conflict(`The hostname ${label} is already in use in the subnet`);
  return label;
}

/** The VCN that something is made in. @throws ApiError 404 where there is none, 409 where it is not ready */
export function readVcn(account: Account, id: string): Vcn {
  const vcn = account.vcns.get(id);
  if (vcn.state() !== "AVAILABLE") throw incorrectState(`Vcn ${id} is in state PROVISIONING`);
  return vcn;
}
