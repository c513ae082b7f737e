import { NotUnderstood } from "../../core/http-cloud.ts";
import { invalidField } from "../api-error.ts";
import { regionOf } from "../catalog/zones.ts";
import { parseLink } from "../links.ts";
import type { AccessConfigInput, NetworkInterfaceInput } from "../resources.ts";
import type { Network, Subnetwork } from "../state/networks.ts";
import type { Asked } from "./machine.ts";

interface NicPlan {
  readonly network: Network;
  readonly subnetwork: Subnetwork;
  readonly accessConfig: AccessConfigInput | undefined;
  readonly stackType: Subnetwork["stackType"];
  readonly ipv6AccessConfig: AccessConfigInput | undefined;
}

/** Checks `networkInterfaces`: this cloud's VMs have one. */
export function checkNetworkInterfaces(
  asked: Asked,
  inputs: readonly NetworkInterfaceInput[] = [],
  networks: readonly Network[],
): NicPlan {
  const field = `${asked.field}.networkInterfaces`;
  const [first, ...others] = inputs;
  if (first === undefined) throw invalidField(field, "", "At least one network interface is required.");
  if (others.length > 0) throw invalidField(field, inputs, "Networks must be distinct for NICs attached to a VM.");
  const [accessConfig, ...more] = first.accessConfigs ?? [];
  if (more.length > 0)
    throw invalidField(`${field}[0].accessConfigs`, first.accessConfigs, "At most one is supported.");
  if (accessConfig !== undefined) checkAccessConfig(`${field}[0].accessConfigs[0]`, accessConfig);
  const named =
    first.subnetwork === undefined ? undefined : findSubnetwork(asked, `${field}[0]`, first.subnetwork, networks);
  if (named !== undefined && first.network !== undefined) {
    if (findNetwork(asked, `${field}[0].network`, first.network, networks) !== named.network) {
      throw invalidField(`${field}[0].subnetwork`, first.subnetwork, "It is not a subnetwork of the network.");
    }
  }
  const network = named?.network ?? findNetwork(asked, `${field}[0].network`, first.network, networks);
  const subnetwork = named ?? ownSubnetwork(asked, `${field}[0]`, network);
  return { network, subnetwork, accessConfig, ...checkStack(`${field}[0]`, first, subnetwork) };
}

/** An interface may have fewer kinds of addresses than its subnet, never others. Internal and external IPv6 is the subnet's choice. */
function checkStack(
  field: string,
  { stackType = "IPV4_ONLY", accessConfigs = [], ipv6AccessConfigs = [] }: NetworkInterfaceInput,
  subnetwork: Subnetwork,
): Pick<NicPlan, "stackType" | "ipv6AccessConfig"> {
  if (stackType !== "IPV4_ONLY" && stackType !== "IPV4_IPV6" && stackType !== "IPV6_ONLY") {
    throw invalidField(`${field}.stackType`, stackType, "The value is unknown.");
  }
  const has = {
    IPV4_ONLY: ["IPV4_ONLY"],
    IPV4_IPV6: ["IPV4_ONLY", "IPV4_IPV6", "IPV6_ONLY"],
    IPV6_ONLY: ["IPV6_ONLY"],
  };
  if (!has[subnetwork.stackType].includes(stackType)) {
    const why = `The stack type of the subnetwork is ${subnetwork.stackType}.`;
    throw invalidField(`${field}.stackType`, stackType, why);
  }
  if (stackType === "IPV6_ONLY" && accessConfigs.length > 0) {
    throw invalidField(`${field}.accessConfigs`, accessConfigs, "An IPV6_ONLY interface has no IPv4 address.");
  }
  const [config, ...more] = ipv6AccessConfigs;
  if (more.length > 0) throw invalidField(`${field}.ipv6AccessConfigs`, ipv6AccessConfigs, "At most one is supported.");
  const isExternal = subnetwork.ipv6AccessType === "EXTERNAL" && stackType !== "IPV4_ONLY";
  if (config !== undefined) {
    if (!isExternal) throw invalidField(`${field}.ipv6AccessConfigs`, ipv6AccessConfigs, "It has no external IPv6.");
    if (config.type !== undefined && config.type !== "DIRECT_IPV6") {
      throw invalidField(`${field}.ipv6AccessConfigs[0].type`, config.type, "The only allowed value is DIRECT_IPV6.");
    }
    if (config.networkTier !== undefined && config.networkTier !== "PREMIUM") {
      throw invalidField(`${field}.ipv6AccessConfigs[0].networkTier`, config.networkTier, "It must be PREMIUM.");
    }
  } else if (isExternal && stackType === "IPV6_ONLY") {
    throw new NotUnderstood("not simulated: an interface without any address");
  }
  return { stackType, ipv6AccessConfig: config };
}

/** The network that a full or partial URL names, or `default`. */
export function findNetwork(
  { project }: Pick<Asked, "project">,
  field: string,
  text = "global/networks/default",
  networks: readonly Network[],
): Network {
  const link = parseLink(text);
  if (link?.collection !== "networks" || link.zone !== undefined || link.region !== undefined) {
    throw invalidField(field, text, "The URL is malformed.");
  }
  const found = networks.find((each) => each.name === link.name && each.project === (link.project ?? project));
  if (found === undefined) throw invalidField(field, text, "The referenced network resource cannot be found.");
  return found;
}

function findSubnetwork(
  { project, zone }: Asked,
  field: string,
  text: string,
  networks: readonly Network[],
): Subnetwork {
  const link = parseLink(text);
  if (link?.collection !== "subnetworks" || link.region === undefined) {
    throw invalidField(`${field}.subnetwork`, text, "The URL is malformed.");
  }
  if (link.region !== regionOf(zone)) {
    throw invalidField(`${field}.subnetwork`, text, `It must be in the region of the instance ('${regionOf(zone)}').`);
  }
  const found = networks
    .flatMap(({ subnetworks }) => subnetworks)
    .find(({ name, region, project: its }) => {
      return name === link.name && region === link.region && its === (link.project ?? project);
    });
  if (found === undefined) {
    throw invalidField(`${field}.subnetwork`, text, "The referenced subnetwork resource cannot be found.");
  }
  return found;
}

function ownSubnetwork({ zone }: Asked, field: string, network: Network): Subnetwork {
  const found = network.auto ? network.subnetworks.find(({ region }) => region === regionOf(zone)) : undefined;
  if (found === undefined) {
    throw invalidField(
      field,
      network.path,
      "Network interface must specify a subnet if the network resource is in custom subnet mode.",
    );
  }
  return found;
}

function checkAccessConfig(field: string, { type, natIP, networkTier }: AccessConfigInput): void {
  if (type !== undefined && type !== "ONE_TO_ONE_NAT") {
    throw invalidField(`${field}.type`, type, "The only allowed value is ONE_TO_ONE_NAT.");
  }
  if (networkTier !== undefined && networkTier !== "PREMIUM" && networkTier !== "STANDARD") {
    throw invalidField(`${field}.networkTier`, networkTier, "It must be PREMIUM or STANDARD.");
  }
  if (natIP !== undefined && natIP !== "") {
    throw invalidField(`${field}.natIP`, natIP, "The specified external IP address was not found in the region.");
  }
}
