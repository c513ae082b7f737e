import {
  type CloudMachines,
  endOf,
  type MachinesAsked,
  plannedDoors,
  plannedMachines,
  requestFor,
} from "../../../src/cloud/plan/cloud-plan.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { PlannedAccess, PlannedResource, PlanRequest, ProviderPlan } from "../../../src/provider/plan.ts";
import { foundFor } from "../machines/discovery.ts";
import { dropletName, templateOf } from "../machines/launch.ts";
import { firewallName } from "../network/firewall.ts";
import { type ResolvedDropletOptions, sizeOf } from "../options/resolved-options.ts";
import { isClusters } from "../tags/tags.ts";
import { plannedCalls } from "./calls.ts";
import type { Looked } from "./look.ts";

interface PlanInput {
  readonly cluster: ClusterIdentity;
  readonly request: PlanRequest;
  readonly options: ResolvedDropletOptions;
  readonly looked: Looked | undefined;
}

const PRICES = "https://www.digitalocean.com/pricing/droplets";
/** https://docs.digitalocean.com/products/droplets/details/features/ */
const GPU_SIZE = /^gpu-(?!mi\d)/u;

/** What the create calls would create, from the very requests. */
export function planDigitalOcean(input: PlanInput): ProviderPlan {
  const { request, options } = input;
  const tags = new Set<string>();
  const machines = plannedMachines(request, options, (asked, own) => {
    const { planned, written } = machinesOf(asked, { ...input, options: own });
    if (asked.count > 0) for (const tag of written) tags.add(tag);
    return planned;
  });
  return {
    where: `in ${options.region}`,
    place: [
      { name: "region", value: options.region },
      { name: "VPC", value: options.vpcUuid ?? "the region's own" },
    ],
    machines,
    resources: [...firewallsOf(input), ...[...tags].map((name) => tagObject(name, request))],
    access: accessOf(input),
    calls: plannedCalls(request, options),
    atTheEnd: endOf(options, "Droplets power off, and are charged for until the launcher or `sweep` deletes them."),
    costs: "Droplets are charged for until they are deleted, also while they are powered off.",
  };
}

function machinesOf(
  asked: MachinesAsked,
  { cluster, options, looked }: PlanInput,
): { readonly planned: CloudMachines; readonly written: readonly string[] } {
  const size = sizeOf(asked.role, options);
  const found = looked && foundFor(looked.discovery, { role: asked.role, group: asked.workerGroup, options });
  const { image = options.image, gpu = GPU_SIZE.test(size) } = found ?? {};
  const template = templateOf({ request: requestFor(asked), options, found: { image: image ?? "" } }) as {
    readonly tags: readonly string[];
  };
  const planned: CloudMachines = {
    name: dropletName(cluster.name, asked.role, "*"),
    types: [size],
    image: image === undefined ? "the newest Ubuntu LTS, looked up at the start" : String(image),
    architecture: "x86_64",
    diskGiB: undefined,
    gpu: gpu ? "NVIDIA, of the size" : undefined,
    pricePage: PRICES,
    tags: { ...options.tags, ...Object.fromEntries(options.dropletTags.map((tag) => [tag, ""])), ...asked.tags },
  };
  return { planned, written: template.tags };
}

/** A tag is a resource of its own. Only those that name the cluster go with it. */
function tagObject(name: string, { tags: { expires } }: PlanRequest): PlannedResource {
  return {
    kind: "tag",
    name: withoutTime(name, expires),
    count: 1,
    goesWith: isClusters(name) ? "cluster" : "nothing",
  };
}

function firewallsOf({ cluster: { name, ids }, request: { tags }, options }: PlanInput): readonly PlannedResource[] {
  if (!options.createFirewall) return [];
  const kinds = ["members", "clients"] as const;
  return kinds.map((what) => ({
    kind: "firewall",
    name: withoutTime(firewallName({ name, id: ids[0] }, what, tags), tags["expires"]),
    count: 1,
    goesWith: "cluster",
  }));
}

/** The end is known at the start. */
function withoutTime(name: string, expires: string | undefined): string {
  return expires === undefined ? name : name.replace(expires, "*");
}

function accessOf({ options, looked }: PlanInput): PlannedAccess {
  if (!options.createFirewall) return { firewall: ["your own"], doors: [], inside: "what your firewall admits" };
  return {
    firewall: "created",
    others: "nothing else comes in, unless a firewall of yours admits it",
    doors: plannedDoors(options, looked?.cidrs),
    inside: "all TCP and UDP ports, and ICMP",
  };
}
