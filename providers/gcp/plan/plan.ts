import { capacityTypesOf } from "../../../src/cloud/machines/placement.ts";
import {
  type CloudMachines,
  endOf,
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
import { lastPart, regionOf } from "../api/links.ts";
import type { InstanceProperties } from "../api/sdk.ts";
import type { RoleDiscovery } from "../machines/discovery.ts";
import { instanceProperties } from "../machines/instance-properties.ts";
import { firewallRules } from "../network/firewall.ts";
import type { Network } from "../network/network.ts";
import { optionsOf, type ResolvedGcpOptions } from "../options/resolved-options.ts";
import { schedulerName, workerPrefix } from "../tags/names.ts";
import { plannedCalls } from "./calls.ts";
import type { Looked } from "./look.ts";
import { architectureByName, hasGpuByName } from "./type-names.ts";

interface PlanInput {
  readonly cluster: ClusterIdentity;
  readonly request: PlanRequest;
  readonly options: ResolvedGcpOptions;
  readonly looked: Looked | undefined;
}

const PRICES = "https://cloud.google.com/compute/vm-instance-pricing";
const SPOT_PRICES = "https://cloud.google.com/spot-vms/pricing";
const LOOKED_UP = "looked up at the start";
/** Stands for this computer's address, which is IPv4 or IPv6. */
const UNKNOWN = ["0.0.0.0/32"];

/** What the create calls would create, from the very requests. */
export function planGcp(input: PlanInput): ProviderPlan {
  const { request, options } = input;
  const disks: PlannedResource[] = [];
  const machines = plannedMachines(request, options, (asked) => {
    const properties = propertiesOf(asked, input);
    const planned = machinesOf(properties, asked, input);
    const count = asked.count * (properties.disks?.length ?? 0);
    // A boot disk has its machine's name.
    if (count > 0)
      disks.push({ kind: "disk", name: `${planned.name.replace(/\*$/u, "")}*`, count, goesWith: "machine" });
    return planned;
  });
  const rules = rulesOf(input);
  return {
    where: `in ${options.zones[0]}`,
    place: placeOf(input),
    machines,
    resources: [...rules, ...disks],
    access: accessOf(input),
    calls: plannedCalls(request, options, rules.length),
    atTheEnd: endOf(
      options,
      "Machines power off; their disks are charged for until the launcher or `sweep` deletes them. After `maxLifetimeMs` Google deletes both.",
    ),
    costs: "Machines, disks and external addresses are charged for until the machine is deleted.",
  };
}

function propertiesOf(asked: MachinesAsked, input: PlanInput): InstanceProperties {
  const { cluster, options, looked } = input;
  const role = looked?.discovery.roles[asked.role] ?? pretendedRole(asked, options);
  const [zone = ""] = role.zones;
  const [capacityType = "on-demand"] = capacityTypesOf(asked.role, options.spot);
  const network: Network = looked?.discovery.network ?? {
    project: "",
    link: options.network,
    subnetworks: {},
    stacks: {},
  };
  const candidate = { zone, machineType: role.machineType, capacityType };
  const request = requestFor(asked);
  return instanceProperties({
    clusterName: cluster.name,
    request,
    candidate,
    role,
    network,
    options,
    clients: 4,
    now: 0,
  });
}

function pretendedRole({ role }: MachinesAsked, options: ResolvedGcpOptions): RoleDiscovery {
  const { machineType, nGpus, gpuType } = optionsOf(role, options);
  const image = { link: "", architecture: "X86_64", minimumSize: 1, uefi: false } as const;
  const gpus = nGpus > 0 && gpuType !== undefined ? { type: gpuType, count: nGpus } : undefined;
  const hasGpu = gpus !== undefined || hasGpuByName(machineType);
  return { machineType, zones: options.zones, image, gpus, hasGpu };
}

function machinesOf(
  properties: InstanceProperties,
  { role }: MachinesAsked,
  { cluster, options, looked }: PlanInput,
): CloudMachines {
  const found = looked?.discovery.roles[role];
  const { machineType } = optionsOf(role, options);
  const architecture = found?.image.architecture ?? architectureByName(machineType);
  const size = properties.disks?.[0]?.initializeParams?.diskSizeGb;
  const isSpot = capacityTypesOf(role, options.spot)[0] === "spot";
  return {
    name: role === "scheduler" ? schedulerName(cluster.name) : `${workerPrefix(cluster.name, "*")}*`,
    types: [machineType],
    image:
      found === undefined ? (options.sourceImage ?? `the newest Ubuntu LTS, ${LOOKED_UP}`) : lastPart(found.image.link),
    architecture: architecture === undefined ? undefined : architecture === "ARM64" ? "arm64" : "x86_64",
    diskGiB: size === undefined || size === null ? undefined : Number(size),
    gpu: gpuOf(properties, found?.hasGpu ?? hasGpuByName(machineType)),
    pricePage: isSpot ? SPOT_PRICES : PRICES,
    tags: properties.labels ?? {},
  };
}

function gpuOf({ guestAccelerators }: InstanceProperties, isBuiltIn: boolean): string | undefined {
  const [attached] = guestAccelerators ?? [];
  if (attached !== undefined) return `${attached.acceleratorCount} ${attached.acceleratorType}`;
  return isBuiltIn ? "NVIDIA, of the type" : undefined;
}

function rulesOf({ cluster, request, options, looked }: PlanInput): readonly PlannedResource[] {
  if (!options.createFirewall) return [];
  const cidrs = looked?.cidrs ?? options.allowedCidrs;
  const wishes = { identity: cluster, network: options.network, tags: request.tags, userTags: options.tags };
  return firewallRules({ ...wishes, cidrs: cidrs ?? UNKNOWN }).map(({ name }, nth) => ({
    kind: "firewall rule",
    name: cidrs === undefined && nth > 0 ? `${name}*` : `${name}`,
    count: 1,
    goesWith: "cluster",
  }));
}

function accessOf({ options, looked }: PlanInput): PlannedAccess {
  if (!options.createFirewall) {
    return {
      firewall: [`the rules of the network ${options.network}`],
      doors: [],
      inside: "what the network's rules admit",
    };
  }
  return {
    firewall: "created",
    others: "the network's own rules hold, too",
    doors: plannedDoors(options, looked?.cidrs),
    inside: "all ports and protocols",
  };
}

function placeOf({ options, looked }: PlanInput): readonly PlannedPlace[] {
  const { projectId, networkProjectId, zones, network, subnetwork } = options;
  const project =
    looked?.project ?? projectId ?? process.env["GOOGLE_CLOUD_PROJECT"] ?? `that of the credentials, ${LOOKED_UP}`;
  const subnets = Object.values(looked?.discovery.network.subnetworks ?? {}).map(lastPart);
  const regions = [...new Set(zones.map(regionOf))].join(", ");
  return [
    { name: "project", value: project },
    { name: "zones", value: zones.join(", ") },
    { name: "region", value: regions },
    {
      name: "network",
      value: `${network}${networkProjectId === undefined ? "" : ` of the project ${networkProjectId}`}`,
    },
    { name: "subnet", value: subnets.length > 0 ? subnets.join(", ") : (subnetwork ?? "the network's own choice") },
  ];
}
