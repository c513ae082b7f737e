import { kindKey, kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { capacityTypesOf } from "../../../src/cloud/machines/placement.ts";
import {
  type CloudMachines,
  endOf,
  plannedDoors,
  plannedMachines,
  requestFor,
} from "../../../src/cloud/plan/cloud-plan.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type {
  PlannedAccess,
  PlannedPlace,
  PlannedResource,
  PlanRequest,
  ProviderPlan,
} from "../../../src/provider/plan.ts";
import { optionsFor } from "../../../src/provider/worker-group.ts";
import { lastPart, regionOf } from "../api/links.ts";
import type { InstanceProperties } from "../api/sdk.ts";
import { instanceProperties } from "../machines/instance-properties.ts";
import type { KindDiscovery } from "../machines/kinds.ts";
import { candidatesFor } from "../machines/launch.ts";
import { firewallRules } from "../network/firewall.ts";
import type { Network } from "../network/network.ts";
import { attachedGpusOf, type GcpKind, typesOf } from "../options/kinds.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
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
  const machines = plannedMachines(request, options, (asked, own) => {
    const kind = { role: asked.role, group: asked.workerGroup, options: own };
    const properties = propertiesOf(kind, { asked: requestFor(asked), input });
    const planned = machinesOf(properties, kind, input);
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

function propertiesOf(
  kind: GcpKind,
  { asked, input }: { readonly asked: MachineRequest; readonly input: PlanInput },
): InstanceProperties {
  const { cluster, looked } = input;
  const { role, options } = kind;
  const found = foundKind(kind, looked) ?? pretendedKind(kind);
  const [candidate] = candidatesFor(role, found, { spot: options.spot });
  if (candidate === undefined) throw new Error(`No candidate for ${kindKey(kind)}`);
  const network: Network = looked?.discovery.network ?? {
    project: "",
    link: options.network,
    subnetworks: {},
    stacks: {},
  };
  return instanceProperties({
    clusterName: cluster.name,
    request: asked,
    candidate,
    kind: found,
    network,
    options,
    clients: 4,
    now: 0,
  });
}

function foundKind(kind: GcpKind, looked: Looked | undefined): KindDiscovery | undefined {
  return looked?.discovery.kinds.get(kindKey(kind));
}

function pretendedKind(kind: GcpKind): KindDiscovery {
  const { zones } = kind.options;
  const { nGpus, gpuType } = attachedGpusOf(kind);
  const image = { link: "", architecture: "X86_64", minimumSize: 1, uefi: false } as const;
  const gpus = nGpus > 0 && gpuType !== undefined ? { type: gpuType, count: nGpus } : undefined;
  const hasGpu = gpus !== undefined || typesOf(kind).some(hasGpuByName);
  return { types: typesOf(kind).map((machineType) => ({ machineType, zones, image })), gpus, hasGpu };
}

function machinesOf(properties: InstanceProperties, kind: GcpKind, { cluster, looked }: PlanInput): CloudMachines {
  const { role, options } = kind;
  const found = foundKind(kind, looked);
  const types = typesOf(kind);
  const architectures = new Set(found?.types.map(({ image }) => image.architecture) ?? types.map(architectureByName));
  const [architecture] = architectures.size === 1 ? architectures : [];
  const size = properties.disks?.[0]?.initializeParams?.diskSizeGb;
  const isSpot = capacityTypesOf(role, options.spot)[0] === "spot";
  const images = new Set(found?.types.map(({ image }) => lastPart(image.link)));
  return {
    name: role === "scheduler" ? schedulerName(cluster.name) : `${workerPrefix(cluster.name, "*")}*`,
    types,
    image:
      found === undefined ? (options.sourceImage ?? `the newest Ubuntu LTS, ${LOOKED_UP}`) : [...images].join(", "),
    architecture: architecture === undefined ? undefined : architecture === "ARM64" ? "arm64" : "x86_64",
    diskGiB: size === undefined || size === null ? undefined : Number(size),
    gpu: gpuOf(properties, found?.hasGpu ?? types.some(hasGpuByName)),
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

function placeOf({ request, options, looked }: PlanInput): readonly PlannedPlace[] {
  const { projectId, networkProjectId, zones, network, subnetwork } = options;
  const project =
    looked?.project ?? projectId ?? process.env["GOOGLE_CLOUD_PROJECT"] ?? `that of the credentials, ${LOOKED_UP}`;
  const subnets = Object.values(looked?.discovery.network.subnetworks ?? {}).map(lastPart);
  const kinds = kindsOf(options, request.groups);
  const regions = [...new Set(kinds.flatMap((kind) => kind.options.zones).map(regionOf))].join(", ");
  const elsewhere = request.groups.filter((group) => Object.hasOwn(group.options, "zones"));
  return [
    { name: "project", value: project },
    { name: "zones", value: zones.join(", ") },
    ...elsewhere.map((group) => ({
      name: `zones of ${group.name}`,
      value: optionsFor(options, group).zones.join(", "),
    })),
    { name: "region", value: regions },
    {
      name: "network",
      value: `${network}${networkProjectId === undefined ? "" : ` of the project ${networkProjectId}`}`,
    },
    { name: "subnet", value: subnets.length > 0 ? subnets.join(", ") : (subnetwork ?? "the network's own choice") },
  ];
}
