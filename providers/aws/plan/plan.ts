import { capacityTypesOf } from "../../../src/cloud/machines/placement.ts";
import {
  type CloudMachines,
  endOf,
  listed,
  type MachinesAsked,
  plannedDoors,
  plannedMachines,
  requestFor,
} from "../../../src/cloud/plan/cloud-plan.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type {
  PlannedAccess,
  PlannedPlace,
  PlannedResource,
  PlanRequest,
  ProviderPlan,
} from "../../../src/provider/plan.ts";
import { candidatesFor, type Candidate, typesOf } from "../machines/candidates.ts";
import { runInstancesRequest } from "../machines/run-instances.ts";
import { clientsName, groupName } from "../network/firewall.ts";
import { listOf, type ResolvedEc2Options } from "../options/resolved-options.ts";
import { plannedCalls } from "./calls.ts";
import type { Looked } from "./look.ts";
import { architectureByName, hasGpuByName } from "./type-names.ts";

interface PlanInput {
  readonly cluster: ClusterIdentity;
  readonly request: PlanRequest;
  readonly options: ResolvedEc2Options;
  readonly looked: Looked | undefined;
}

type Asked = ReturnType<typeof runInstancesRequest>;

const PRICES = "https://aws.amazon.com/ec2/pricing/on-demand/";
const SPOT_PRICES = "https://aws.amazon.com/ec2/spot/pricing/";
const LOOKED_UP = "looked up at the start";

/** What RunInstances and the network's calls would create, from the very requests. */
export function planEc2(input: PlanInput): ProviderPlan {
  const { request, options } = input;
  const parts: PlannedResource[] = [];
  const machines = plannedMachines(request, options, (asked) => {
    const candidate = firstCandidate(asked, input);
    const securityGroups: readonly string[] = [];
    const call = runInstancesRequest({
      request: requestFor(asked),
      candidate,
      options,
      securityGroups,
      clients: 4,
      count: asked.count,
      batch: 0,
    });
    parts.push(...partsOf(call, asked, candidate));
    return machinesOf(call, asked, input);
  });
  return {
    where: `in ${regionOf(input) ?? "the profile's region"}`,
    place: placeOf(input),
    machines,
    resources: [...groupsOf(input).map((name) => group(name)), ...parts.filter(({ count }) => count > 0)],
    access: accessOf(input),
    calls: plannedCalls(request, options),
    atTheEnd: endOf(options, "Machines power off, and EC2 deletes them with their disks."),
    costs: "Machines, disks and public IPv4 addresses are charged for until the machine is terminated.",
  };
}

function firstCandidate({ role }: MachinesAsked, { options, looked }: PlanInput): Candidate {
  const [found] = looked === undefined ? [] : candidatesFor(role, looked.discovery, { options, clients: 4 });
  if (found !== undefined) return found;
  const [instanceType = ""] = typesOf(role, options).names;
  const [capacityType = "on-demand"] = capacityTypesOf(role, options.spot);
  const image = { id: options.ami ?? "", architecture: "", rootDevice: "root", minimumSize: 1 };
  return { instanceType, capacityType, image, subnetId: "", zone: "", stack: "ipv4" };
}

function machinesOf(call: Asked, asked: MachinesAsked, input: PlanInput): CloudMachines {
  const { options, looked } = input;
  const tags = tagsIn(call, "instance");
  const { types, image, architecture, gpu } =
    looked === undefined ? byName(asked, options) : found(asked, options, looked);
  return {
    name: tags["Name"] ?? "",
    types,
    image,
    architecture,
    diskGiB: call.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize,
    gpu: gpu ? "NVIDIA, of the type" : undefined,
    pricePage: capacityTypesOf(asked.role, options.spot)[0] === "spot" ? SPOT_PRICES : PRICES,
    tags,
  };
}

interface Kind {
  readonly types: readonly string[];
  readonly image: string;
  readonly architecture: "x86_64" | "arm64" | undefined;
  readonly gpu: boolean;
}

function byName({ role }: MachinesAsked, options: ResolvedEc2Options): Kind {
  const { names: types } = typesOf(role, options);
  const architectures = new Set(types.map(architectureByName));
  const image = options.ami ?? `the newest Ubuntu LTS of Canonical, ${LOOKED_UP}`;
  return {
    types,
    image,
    architecture: architectures.size === 1 ? [...architectures][0] : undefined,
    gpu: types.some(hasGpuByName),
  };
}

function found({ role }: MachinesAsked, options: ResolvedEc2Options, { discovery }: Looked): Kind {
  const candidates = candidatesFor(role, discovery, { options, clients: 4 });
  const types = [...new Set(candidates.map(({ instanceType }) => instanceType))];
  const known = types.flatMap((name) => discovery.types.get(name) ?? []);
  const architectures = new Set(known.map(({ architecture }) => architecture));
  return {
    types,
    image: [...new Set(candidates.map(({ image }) => image.id))].join(", "),
    architecture: architectures.size === 1 ? [...architectures][0] : undefined,
    gpu: discovery.gpu[role],
  };
}

function partsOf(call: Asked, { count }: MachinesAsked, { capacityType }: Candidate): PlannedResource[] {
  const part = (kind: string, type: string, each: number): PlannedResource => ({
    kind,
    name: tagsIn(call, type)["Name"] ?? "",
    count: count * each,
    goesWith: "machine",
  });
  return [
    part("volume", "volume", call.BlockDeviceMappings?.filter(({ Ebs }) => Ebs !== undefined).length ?? 0),
    part("network interface", "network-interface", call.NetworkInterfaces?.length ?? 0),
    ...(capacityType === "spot" ? [part("spot request", "spot-instances-request", 1)] : []),
  ];
}

function tagsIn({ TagSpecifications = [] }: Asked, type: string): Readonly<Record<string, string>> {
  const tags = TagSpecifications.find(({ ResourceType }) => ResourceType === type)?.Tags ?? [];
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

function groupsOf({ cluster, options }: PlanInput): readonly string[] {
  return options.securityGroups.length > 0 ? [] : [groupName(cluster.name), clientsName(cluster.name)];
}

function group(name: string): PlannedResource {
  return { kind: "security group", name, count: 1, goesWith: "cluster" };
}

function accessOf({ options, looked }: PlanInput): PlannedAccess {
  const { securityGroups: own } = options;
  if (own.length > 0) return { firewall: own, doors: [], inside: "what your security groups admit" };
  return {
    firewall: "created",
    others: "nothing else comes in",
    doors: plannedDoors(options, looked?.cidrs),
    inside: "all ports and protocols",
  };
}

function regionOf({ options, looked }: Pick<PlanInput, "options" | "looked">): string | undefined {
  return options.region ?? looked?.region ?? process.env["AWS_REGION"];
}

function placeOf({ options, looked }: PlanInput): readonly PlannedPlace[] {
  const places = looked === undefined ? [] : [...looked.discovery.places.scheduler, ...looked.discovery.places.worker];
  const zones = looked === undefined ? listOf(options.availabilityZone) : places.map(({ zone }) => zone);
  const subnets = looked === undefined ? listOf(options.subnetId) : places.map(({ subnetId }) => subnetId);
  const ofSubnet = options.subnetId === undefined ? "the region's default" : "that of the subnet";
  return [
    { name: "region", value: regionOf({ options, looked }) ?? `that of the AWS profile, ${LOOKED_UP}` },
    { name: "zones", value: listed([...new Set(zones)], "any that has the type; workers in the scheduler's first") },
    { name: "VPC", value: looked?.discovery.vpcId ?? options.vpc ?? ofSubnet },
    { name: "subnets", value: listed([...new Set(subnets)], "one in each zone") },
  ];
}
