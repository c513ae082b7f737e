import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { capacityTypesOf } from "../../../src/cloud/machines/placement.ts";
import {
  type CloudMachines,
  endOf,
  listed,
  plannedDoors,
  plannedMachines,
  requestFor,
} from "../../../src/cloud/plan/cloud-plan.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { PlannedAccess, PlannedPlace, PlanRequest, ProviderPlan } from "../../../src/provider/plan.ts";
import { candidatesFor, type Candidate } from "../machines/candidates.ts";
import { foundKind } from "../machines/discovery.ts";
import { launchRequest } from "../machines/launch-details.ts";
import { architectureOf, configOf, hasGpuByName, type ShapeConfig } from "../machines/machine-types.ts";
import { clientsName, groupName } from "../network/firewall.ts";
import { type OciKind, shapesOf, sizeOf } from "../options/kinds.ts";
import { listOf, type ResolvedOciOptions } from "../options/resolved-options.ts";
import { plannedCalls } from "./calls.ts";
import type { Looked } from "./look.ts";

interface PlanInput {
  readonly cluster: ClusterIdentity;
  readonly request: PlanRequest;
  readonly options: ResolvedOciOptions;
  readonly looked: Looked | undefined;
}

const PRICES = "https://www.oracle.com/cloud/compute/pricing/";
const LOOKED_UP = "looked up at the start";

/** What the create calls would create, from the very requests. */
export function planOci(input: PlanInput): ProviderPlan {
  const { request, options } = input;
  const machines = plannedMachines(request, options, (asked, own) => {
    const kind = { role: asked.role, group: asked.workerGroup, options: own };
    const candidate = firstCandidate(kind, input);
    const { launchInstanceDetails: details } = launchRequest({
      request: requestFor(asked),
      candidate,
      compartmentId: "",
      options: own,
      nsgIds: [],
      nth: 0,
    });
    const { displayName = "", freeformTags = {} } = details;
    return machinesOf(kind, input, {
      name: displayName.replace(/[^-]*$/u, "*"),
      tags: freeformTags,
      ...details.sourceDetails,
    });
  });
  return {
    where: `in ${regionOf(input) ?? "the profile's region"}`,
    place: placeOf(input),
    machines,
    resources: groupsOf(input).map((name) => ({ kind: "network security group", name, count: 1, goesWith: "cluster" })),
    access: accessOf(input),
    calls: plannedCalls(request, options),
    atTheEnd: endOf(options, "Machines power off, and are charged for until the launcher or `sweep` deletes them."),
    costs:
      "Machines and boot volumes are charged for until the machine is terminated: powering off from inside does not stop billing.",
  };
}

function firstCandidate(kind: OciKind, { looked }: PlanInput): Candidate {
  const [found] = looked === undefined ? [] : candidatesFor(kind, foundKind(looked.discovery.kinds, kind), undefined);
  if (found !== undefined) return found;
  const { role, options } = kind;
  const [shape = ""] = shapesOf(kind);
  const [capacityType = "on-demand"] = capacityTypesOf(role, options.spot);
  const imageId = options.image ?? "";
  const config = configOf(shape, sizeOf(kind));
  return { shape, config, imageId, capacityType, subnetId: "", availabilityDomain: "", faultDomain: undefined };
}

function machinesOf(
  kind: OciKind,
  { looked }: PlanInput,
  { name, tags, ...source }: Pick<CloudMachines, "name" | "tags"> & { readonly bootVolumeSizeInGBs?: number },
): CloudMachines {
  const found = looked && foundKind(looked.discovery.kinds, kind);
  const names = shapesOf(kind);
  const shapes =
    found?.shapes ?? names.map((shape) => ({ shape, config: configOf(shape, sizeOf(kind)), imageId: undefined }));
  const architectures = new Set(names.map(architectureOf));
  const image = [...new Set(shapes.flatMap(({ imageId }) => imageId ?? []))].join(", ");
  return {
    name,
    types: shapes.map(({ shape, config }) => shapeInWords(shape, config)),
    image: image === "" ? (kind.options.image ?? `the newest Ubuntu LTS of Canonical, ${LOOKED_UP}`) : image,
    architecture: architectures.size === 1 ? [...architectures][0] : undefined,
    diskGiB: source.bootVolumeSizeInGBs,
    gpu: (found?.gpu ?? names.some(hasGpuByName)) ? "NVIDIA, of the shape" : undefined,
    pricePage: PRICES,
    tags,
  };
}

/** `VM.Standard.E4.Flex (1 OCPU, 8 GB)`. */
export function shapeInWords(shape: string, config: ShapeConfig | undefined): string {
  if (config === undefined) return shape;
  const { ocpus, memoryInGBs } = config;
  return `${shape} (${ocpus} OCPU${ocpus === 1 ? "" : "s"}, ${memoryInGBs} GB)`;
}

function groupsOf({ cluster, options }: PlanInput): readonly string[] {
  return options.nsgIds.length > 0 ? [] : [groupName(cluster.name), clientsName(cluster.name)];
}

function accessOf({ options, looked }: PlanInput): PlannedAccess {
  const { nsgIds: own } = options;
  if (own.length > 0) return { firewall: own, doors: [], inside: "what your network security groups admit" };
  return {
    firewall: "created",
    others: "what the subnet's security lists admit, usually SSH",
    doors: plannedDoors(options, looked?.cidrs),
    inside: "all ports and protocols",
  };
}

function regionOf({ options, looked }: Pick<PlanInput, "options" | "looked">): string | undefined {
  return options.region ?? looked?.region;
}

function placeOf(input: PlanInput): readonly PlannedPlace[] {
  const { request, options, looked } = input;
  const kinds = kindsOf(options, request.groups);
  const places = looked && kinds.flatMap((kind) => foundKind(looked.discovery.kinds, kind).places);
  const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];
  const domains =
    places?.map((place) => place.availabilityDomain) ??
    kinds.flatMap((kind) => listOf(kind.options.availabilityDomain));
  const subnets = places?.map(({ subnetId }) => subnetId) ?? kinds.flatMap((kind) => listOf(kind.options.subnetId));
  return [
    { name: "region", value: regionOf(input) ?? `that of the profile, ${LOOKED_UP}` },
    { name: "compartment", value: looked?.compartmentId ?? options.compartmentId ?? "the tenancy" },
    {
      name: "availability domains",
      value: listed(distinct(domains), "any that has the shape; workers in the scheduler's first"),
    },
    {
      name: "VCN",
      value: looked?.discovery.vcnId ?? options.vcnId ?? "that of the subnet, or the compartment's only one",
    },
    { name: "subnets", value: listed(distinct(subnets), "those of the VCN that fit") },
  ];
}
