import { NotUnderstood } from "../../core/http-cloud.ts";
import { parseCidr } from "../../core/subnet.ts";
import { conflict, invalid, notFound } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import {
  createInternetGateway,
  createSubnet,
  type CreateSubnetBody,
  createVcn,
  updateRouteTable,
  updateSecurityList,
} from "../bodies/network.ts";
import { checkDomains } from "../checks/launch.ts";
import { checkCompartment, checkNamed } from "../checks/names.ts";
import { checkRule, isRange } from "../checks/rules.ts";
import { readVcn } from "../checks/vnic.ts";
import type { Account } from "../state/account.ts";
import { made, makeSubnet, makeVcn } from "../state/make-networks.ts";
import { InternetGateway, type Vcn } from "../state/networks.ts";
import type { Shelf } from "../state/shelf.ts";
import {
  checkMatch,
  compartmentOf,
  filtered,
  list,
  type Method,
  NO_CONTENT,
  once,
  part,
  resourceReply,
} from "./call.ts";

const IN_VCN = ["vcnId", "displayName", "lifecycleState"];
const LARGEST_BITS = 16;
const SMALLEST_BITS = 30;

type Listable = Shelf<Parameters<typeof resourceReply>[0]>;

function lists(shelf: (account: Account) => Listable): Method {
  return (call) => list(call, filtered(call, shelf(call.account).listed(compartmentOf(call)), IN_VCN));
}

function gets(shelf: (account: Account) => Listable, name: string): Method {
  return (call) => resourceReply(shelf(call.account).get(part(call, name)));
}

export const NETWORKS = {
  CreateVcn: (call) => {
    const { account, request } = call;
    const body = parsed(createVcn, request);
    checkCompartment(account, body.compartmentId);
    checkNamed(account, body);
    const { cidrBlock, cidrBlocks = cidrBlock === undefined ? [] : [cidrBlock] } = body;
    if (cidrBlocks.length === 0 || (cidrBlock !== undefined && body.cidrBlocks !== undefined)) {
      throw invalid("Either cidrBlock or cidrBlocks must be specified");
    }
    for (const cidr of cidrBlocks) checkSize(cidr);
    const vcn = once(
      call,
      () => makeVcn(account, body),
      (id) => account.vcns.find(id),
    );
    return resourceReply(vcn);
  },
  ListVcns: lists(({ vcns }) => vcns),
  GetVcn: gets(({ vcns }) => vcns, "vcnId"),
  DeleteVcn: (call) => {
    const { account } = call;
    const vcn = account.vcns.get(part(call, "vcnId"));
    checkMatch(call, vcn);
    checkUnused(account, vcn);
    for (const table of account.routeTables.all) if (table.vcn === vcn) account.routeTables.delete(table);
    for (const list of account.securityLists.all) if (list.vcn === vcn) account.securityLists.delete(list);
    account.vcns.delete(vcn);
    return NO_CONTENT;
  },
  CreateSubnet: (call) => {
    const { account, request } = call;
    const body = parsed(createSubnet, request);
    checkCompartment(account, body.compartmentId);
    checkNamed(account, body);
    const vcn = readVcn(account, body.vcnId);
    const subnet = once(
      call,
      () => {
        checkSubnet(account, vcn, body);
        return makeSubnet(account, vcn, body);
      },
      (id) => account.subnets.find(id),
    );
    return resourceReply(subnet);
  },
  ListSubnets: lists(({ subnets }) => subnets),
  GetSubnet: gets(({ subnets }) => subnets, "subnetId"),
  DeleteSubnet: (call) => {
    const { account } = call;
    const subnet = account.subnets.get(part(call, "subnetId"));
    checkMatch(call, subnet);
    const vnic = account.heldVnics.find((each) => each.subnet === subnet);
    // In these words: oracle/terraform-provider-oci#2185.
    if (vnic !== undefined) {
      throw conflict(
        `The Subnet ${subnet.id} references the VNIC ${vnic.id}. You must remove the reference to proceed with this operation.`,
      );
    }
    account.subnets.delete(subnet);
    return NO_CONTENT;
  },
  CreateInternetGateway: (call) => {
    const { account, request } = call;
    const body = parsed(createInternetGateway, request);
    checkCompartment(account, body.compartmentId);
    checkNamed(account, body);
    const vcn = readVcn(account, body.vcnId);
    const gateway = once(
      call,
      () => {
        if (account.gateways.all.some((each) => each.vcn === vcn)) {
          throw conflict(`The VCN ${vcn.id} already has an internet gateway`);
        }
        const { isEnabled } = body;
        return account.gateways.put(new InternetGateway({ ...made(account, body, "internetgateway"), vcn, isEnabled }));
      },
      (id) => account.gateways.find(id),
    );
    return resourceReply(gateway);
  },
  ListInternetGateways: lists(({ gateways }) => gateways),
  GetInternetGateway: gets(({ gateways }) => gateways, "igId"),
  DeleteInternetGateway: (call) => {
    const { account } = call;
    const gateway = account.gateways.get(part(call, "igId"));
    checkMatch(call, gateway);
    const table = account.routeTables.all.find(({ routeRules }) =>
      routeRules.some(({ networkEntityId }) => networkEntityId === gateway.id),
    );
    if (table !== undefined) throw conflict(`The InternetGateway ${gateway.id} is used by the RouteTable ${table.id}`);
    account.gateways.delete(gateway);
    return NO_CONTENT;
  },
  ListRouteTables: lists(({ routeTables }) => routeTables),
  GetRouteTable: gets(({ routeTables }) => routeTables, "rtId"),
  UpdateRouteTable: (call) => {
    const { account, request } = call;
    const body = parsed(updateRouteTable, request);
    checkNamed(account, body);
    const table = account.routeTables.get(part(call, "rtId"));
    checkMatch(call, table);
    for (const { networkEntityId, destination } of body.routeRules ?? []) {
      if (account.gateways.get(networkEntityId).vcn !== table.vcn) throw notFound();
      if (destination === undefined || !isRange(destination)) throw invalid(`Invalid destination: '${destination}'`);
    }
    table.routeRules = body.routeRules ?? table.routeRules;
    table.rename(body);
    return resourceReply(table);
  },
  ListSecurityLists: lists(({ securityLists }) => securityLists),
  GetSecurityList: gets(({ securityLists }) => securityLists, "securityListId"),
  UpdateSecurityList: (call) => {
    const { account, request } = call;
    const body = parsed(updateSecurityList, request);
    checkNamed(account, body);
    const securityList = account.securityLists.get(part(call, "securityListId"));
    checkMatch(call, securityList);
    const { ingressSecurityRules = [], egressSecurityRules = [] } = body;
    for (const rule of ingressSecurityRules) checkRule(account, securityList.vcn, { ...rule, direction: "INGRESS" });
    for (const rule of egressSecurityRules) checkRule(account, securityList.vcn, { ...rule, direction: "EGRESS" });
    securityList.ingressSecurityRules = body.ingressSecurityRules ?? securityList.ingressSecurityRules;
    securityList.egressSecurityRules = body.egressSecurityRules ?? securityList.egressSecurityRules;
    securityList.rename(body);
    return resourceReply(securityList);
  },
} as const satisfies Readonly<Record<string, Method>>;

function checkSize(cidr: string): void {
  const bits = Number(cidr.split("/")[1]);
  if (!isRange(cidr) || cidr.includes(":")) throw invalid(`Invalid CIDR: '${cidr}'`);
  if (bits < LARGEST_BITS || bits > SMALLEST_BITS) {
    throw invalid(`The CIDR ${cidr} must be between /${LARGEST_BITS} and /${SMALLEST_BITS}`);
  }
}

function checkSubnet(account: Account, vcn: Vcn, body: CreateSubnetBody): void {
  const { cidrBlock = "", availabilityDomain, dnsLabel } = body;
  if (availabilityDomain !== undefined) checkDomains(account, { availabilityDomain });
  checkSize(cidrBlock);
  if (!vcn.cidrBlocks.some((outer) => overlaps(outer, cidrBlock))) {
    throw invalid(`The CIDR ${cidrBlock} is not in the CIDR of VCN ${vcn.id}`);
  }
  const other = account.subnets.all.find((each) => each.vcn === vcn && overlaps(each.cidrBlock, cidrBlock));
  if (other !== undefined) throw invalid(`The CIDR ${cidrBlock} overlaps with that of subnet ${other.id}`);
  if (dnsLabel !== undefined && vcn.dnsLabel === undefined) throw invalid("dnsLabel: the VCN has no DNS label");
  const { prohibitInternetIngress: ingress, prohibitPublicIpOnVnic: publicIp } = body;
  if (ingress !== undefined && publicIp !== undefined && ingress !== publicIp) {
    throw new NotUnderstood("prohibitInternetIngress unlike prohibitPublicIpOnVnic");
  }
}

function overlaps(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return a.first < b.first + b.size && b.first < a.first + a.size;
}

/** oracle/oci-cli#1108: of a gateway it does not say which. */
function checkUnused(account: Account, vcn: Vcn): void {
  const users = { Subnet: account.subnets, NetworkSecurityGroup: account.groups } as const;
  for (const [kind, shelf] of Object.entries(users)) {
    const user = shelf.all.find((each: { readonly vcn: Vcn }) => each.vcn === vcn);
    if (user !== undefined) throw conflict(`The VCN ${vcn.id} is associated with ${kind} ${user.id}`);
  }
  if (account.gateways.all.some((each) => each.vcn === vcn)) {
    throw conflict(`${vcn.id} is associated with Gateway that is in use`);
  }
}
