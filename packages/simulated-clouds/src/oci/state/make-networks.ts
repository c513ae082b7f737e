import { formatAddress, parseCidr } from "../../core/subnet.ts";
import type { CreateSubnetBody, CreateVcnBody } from "../bodies/network.ts";
import { newOcid } from "../ocid.ts";
import { type Account, COMPARTMENT } from "./account.ts";
import { InternetGateway, RouteTable, SecurityList, Subnet, Vcn } from "./networks.ts";

/** Subnets whose declared range is not of this computer get ranges of this size, behind those of the first VCN. */
const HIDDEN_BITS = 22;
const FIRST_HIDDEN = 32;
const MOST_HIDDEN = 28;
const DAY_MS = 86_400_000;

/** What a fresh compartment has: a VCN that this computer can reach, with a public and a private subnet. */
export function seedNetworks(account: Account): void {
  const { addresses } = account.surroundings;
  // No call has to wait for it.
  const createdAt = account.clock.now() - DAY_MS;
  const vcn = makeVcn(
    account,
    { compartmentId: COMPARTMENT, cidrBlocks: [addresses.privateCidr], displayName: "vcn-1", dnsLabel: "lab" },
    { isReal: true, createdAt },
  );
  const inVcn = { compartmentId: COMPARTMENT, displayName: "internet" };
  const gateway = new InternetGateway({
    ...made(account, inVcn, "internetgateway", createdAt),
    vcn,
    isEnabled: true,
  });
  account.gateways.put(gateway);
  account.routeTables.get(vcn.defaultRouteTableId).routeRules = [
    { destination: "0.0.0.0/0", destinationType: "CIDR_BLOCK", networkEntityId: gateway.id },
  ];
  for (const [index, displayName] of ["public", "private"].entries()) {
    const body = {
      compartmentId: COMPARTMENT,
      vcnId: vcn.id,
      cidrBlock: addresses.subnetCidr(index, 18),
      displayName,
      dnsLabel: displayName,
      prohibitPublicIpOnVnic: displayName === "private",
    };
    makeSubnet(account, vcn, body, createdAt);
  }
}

/** Makes a VCN with its default route table and security list. */
export function makeVcn(
  account: Account,
  body: CreateVcnBody,
  { isReal = false, createdAt = account.clock.now() } = {},
): Vcn {
  const { cidrBlock, cidrBlocks = cidrBlock === undefined ? [] : [cidrBlock] } = body;
  const vcn = new Vcn(
    { ...made(account, body, "vcn", createdAt), cidrBlocks, dnsLabel: body.dnsLabel },
    { isReal, state: provisioned(account, createdAt) },
  );
  account.vcns.put(vcn);
  const parts = (kind: string, title: string): ConstructorParameters<typeof RouteTable>[0] => {
    const named = { compartmentId: body.compartmentId, displayName: `Default ${title} for ${vcn.displayName}` };
    return { ...made(account, named, kind, createdAt), vcn };
  };
  const routes = new RouteTable(parts("routetable", "Route Table"));
  const list = new SecurityList(parts("securitylist", "Security List"));
  list.ingressSecurityRules = [
    { protocol: "6", source: "0.0.0.0/0", tcpOptions: { destinationPortRange: { min: 22, max: 22 } } },
    { protocol: "1", source: "0.0.0.0/0", icmpOptions: { type: 3, code: 4 } },
    ...cidrBlocks.map((source) => ({ protocol: "1", source, icmpOptions: { type: 3 } })),
  ];
  list.egressSecurityRules = [{ protocol: "all", destination: "0.0.0.0/0" }];
  vcn.defaultRouteTableId = account.routeTables.put(routes).id;
  vcn.defaultSecurityListId = account.securityLists.put(list).id;
  return vcn;
}

/** Makes a subnet. Whether it may be was checked before. */
export function makeSubnet(
  account: Account,
  vcn: Vcn,
  body: CreateSubnetBody,
  createdAt = account.clock.now(),
): Subnet {
  const { cidrBlock = "", routeTableId = vcn.defaultRouteTableId, availabilityDomain, dnsLabel } = body;
  const { securityListIds = [vcn.defaultSecurityListId] } = body;
  const subnet = new Subnet(
    {
      ...made(account, body, "subnet", createdAt),
      vcn,
      cidrBlock,
      availabilityDomain,
      dnsLabel,
      isPrivate: body.prohibitPublicIpOnVnic ?? body.prohibitInternetIngress ?? false,
      routeTable: account.routeTables.get(routeTableId),
      securityLists: securityListIds.map((id) => account.securityLists.get(id)),
    },
    { range: vcn.isReal ? cidrBlock : hiddenRange(account, cidrBlock), state: provisioned(account, createdAt) },
  );
  return account.subnets.put(subnet);
}

/** As many addresses of this computer as a declared range has, up to some. */
function hiddenRange(account: Account, declared: string): string {
  if (account.hiddenRanges >= MOST_HIDDEN) throw new Error("This simulated cloud has no addresses for another subnet");
  const index = FIRST_HIDDEN + account.hiddenRanges;
  account.hiddenRanges += 1;
  const { first } = parseCidr(account.surroundings.addresses.subnetCidr(index, HIDDEN_BITS));
  return `${formatAddress(first)}/${Math.max(HIDDEN_BITS, Number(declared.split("/")[1]))}`;
}

/** How far something that is made now has come. */
export function provisioned(
  { clock, options: { networkMs = 0 } }: Account,
  createdAt: number,
): () => "PROVISIONING" | "AVAILABLE" {
  return () => (clock.now() < createdAt + networkMs ? "PROVISIONING" : "AVAILABLE");
}

/** The name of what is made without one: its kind and the time. */
export function defaultName(kind: string, simMs: number): string {
  return `${kind}${new Date(simMs).toISOString().replaceAll(/\D/gu, "").slice(0, 14)}`;
}

type Named = Pick<CreateVcnBody, "compartmentId" | "displayName" | "freeformTags" | "definedTags">;

/** The fields of a resource that a body asks for. */
export function made({ clock, region }: Account, body: Named, kind: string, createdAt = clock.now()) {
  const { compartmentId, freeformTags, definedTags, displayName = defaultName(kind, createdAt) } = body;
  return { id: newOcid(kind, region.key), compartmentId, freeformTags, definedTags, displayName, createdAt };
}
