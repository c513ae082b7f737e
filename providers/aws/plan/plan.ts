import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
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
import { foundKind, type Kind } from "../machines/discovery.ts";
import { runInstancesRequest } from "../machines/run-instances.ts";
import { clientsName, groupName } from "../network/firewall.ts";
import type { Place } from "../network/network.ts";
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
  const machines = plannedMachines(request, options, (asked, own) => {
    const kind = { role: asked.role, group: asked.workerGroup, options: own };
    const candidate = firstCandidate(kind, input);
    const securityGroups: readonly string[] = [];
    const call = runInstancesRequest({
      request: requestFor(asked),
      candidate,
      options: own,
      securityGroups,
      clients: 4,
      count: asked.count,
      batch: 0,
    });
    parts.push(...partsOf(call, asked, candidate));
    return machinesOf(call, kind, input);
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

function firstCandidate(kind: Kind, { looked }: PlanInput): Candidate {
  const [found] =
    looked === undefined ? [] : candidatesFor(kind, foundKind(looked.discovery.kinds, kind), { clients: 4 });
  if (found !== undefined) return found;
  const { role, options } = kind;
  const [instanceType = ""] = typesOf(kind).names;
  const [capacityType = "on-demand"] = capacityTypesOf(role, options.spot);
  const image = { id: options.ami ?? "", architecture: "", rootDevice: "root", minimumSize: 1 };
  return { instanceType, capacityType, image, subnetId: "", zone: "", stack: "ipv4" };
}

function machinesOf(call: Asked, kind: Kind, { looked }: PlanInput): CloudMachines {
  const tags = tagsIn(call, "instance");
  const { types, image, architecture, gpu } = looked === undefined ? byName(kind) : found(kind, looked);
  return {
    name: tags["Name"] ?? "",
    types,
    image,
    architecture,
    diskGiB: call.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize,
    gpu: gpu ? "NVIDIA, of the type" : undefined,
    pricePage: capacityTypesOf(kind.role, kind.options.spot)[0] === "spot" ? SPOT_PRICES : PRICES,
    tags,
  };
}

interface PlannedKind {
  readonly types: readonly string[];
  readonly image: string;
  readonly architecture: "x86_64" | "arm64" | undefined;
  readonly gpu: boolean;
}

function byName(kind: Kind): PlannedKind {
  const { names: types } = typesOf(kind);
  const architectures = new Set(types.map(architectureByName));
  const image = kind.options.ami ?? `the newest Ubuntu LTS of Canonical, ${LOOKED_UP}`;
  return {
    types,
    image,
    architecture: architectures.size === 1 ? [...architectures][0] : undefined,
    gpu: types.some(hasGpuByName),
  };
}

function found(kind: Kind, { discovery }: Looked): PlannedKind {
  const here = foundKind(discovery.kinds, kind);
  const candidates = candidatesFor(kind, here, { clients: 4 });
  const types = [...new Set(candidates.map(({ instanceType }) => instanceType))];
  const known = types.flatMap((name) => here.types.get(name) ?? []);
  const architectures = new Set(known.map(({ architecture }) => architecture));
  return {
    types,
    image: [...new Set(candidates.map(({ image }) => image.id))].join(", "),
    architecture: architectures.size === 1 ? [...architectures][0] : undefined,
    gpu: here.gpu,
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

function placeOf(input: PlanInput): readonly PlannedPlace[] {
  const { request, options, looked } = input;
  const [scheduler, ...workers] = kindsOf(options, request.groups);
  const ofSubnet = options.subnetId === undefined ? "the region's default" : "that of the subnet";
  const usual = [scheduler, ...workers].filter((kind) => kind !== undefined && !hasOwnPlaces(kind)) as readonly Kind[];
  return [
    { name: "region", value: regionOf(input) ?? `that of the AWS profile, ${LOOKED_UP}` },
    {
      name: "zones",
      value: listed(zonesOf(usual, looked), "any that has the type; workers in the scheduler's first"),
    },
    { name: "VPC", value: looked?.discovery.vpcId ?? options.vpc ?? ofSubnet },
    { name: "subnets", value: listed(subnetsOf(usual, looked), "one in each zone") },
    ...workers.filter(hasOwnPlaces).flatMap((kind) => [
      { name: `zones of ${kind.group?.name}`, value: listed(zonesOf([kind], looked), "those of its subnets") },
      { name: `subnets of ${kind.group?.name}`, value: listed(subnetsOf([kind], looked), "one in each zone") },
    ]),
  ];
}

function hasOwnPlaces({ group }: Kind): boolean {
  return ["subnetId", "availabilityZone"].some((option) => Object.hasOwn(group?.options ?? {}, option));
}

function zonesOf(kinds: readonly Kind[], looked: Looked | undefined): readonly string[] {
  const named = kinds.flatMap(({ options }) => listOf(options.availabilityZone));
  return [...new Set(looked === undefined ? named : placesOf(kinds, looked).map(({ zone }) => zone))];
}

function subnetsOf(kinds: readonly Kind[], looked: Looked | undefined): readonly string[] {
  const named = kinds.flatMap(({ options }) => listOf(options.subnetId));
  return [...new Set(looked === undefined ? named : placesOf(kinds, looked).map(({ subnetId }) => subnetId))];
}

function placesOf(kinds: readonly Kind[], { discovery }: Looked): readonly Place[] {
  return kinds.flatMap((kind) => foundKind(discovery.kinds, kind).places);
}
