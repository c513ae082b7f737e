import type { VirtualMachine, VirtualMachineScaleSetVMProfile } from "@azure/arm-compute";

import { kindKey } from "../../../src/cloud/machines/kinds.ts";
import {
  type CloudMachines,
  endOf,
  listed,
  type MachinesAsked,
  plannedDoors,
  plannedMachines,
  requestFor,
} from "../../../src/cloud/plan/cloud-plan.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type {
  PlannedAccess,
  PlannedPlace,
  PlannedResource,
  PlanRequest,
  ProviderPlan,
} from "../../../src/provider/plan.ts";
import { networkOf } from "../api/resource-id.ts";
import type { FoundSize } from "../machines/discovery.ts";
import { azureKind, type Kind, sizesOf } from "../machines/kinds.ts";
import { candidatesFor } from "../machines/launch.ts";
import { machineModel, type ModelInput, scaleSetModel } from "../machines/vm-model.ts";
import { makesNetwork, RANGE } from "../network/network.ts";
import { partsOfNetwork } from "../network/own-network.ts";
import type { AzureImage } from "../options/options.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import { type Named, scaleSetName, schedulerName } from "../tags/names.ts";
import { plannedCalls } from "./calls.ts";
import type { Looked } from "./look.ts";
import { architectureByName, hasGpuByName } from "./size-names.ts";

interface PlanInput {
  readonly cluster: Named;
  readonly request: PlanRequest;
  readonly options: ResolvedAzureOptions;
  readonly looked: Looked | undefined;
}

/** What a machine is described by, alone or in a scale set. */
type Profile = Pick<VirtualMachine & VirtualMachineScaleSetVMProfile, "networkProfile" | "storageProfile">;

const PRICES = "https://azure.microsoft.com/pricing/details/virtual-machines/linux/";
const LOOKED_UP = "looked up at the start";

/** What the create calls would create, from the very requests. */
export function planAzure(input: PlanInput): ProviderPlan {
  const { cluster, request, options } = input;
  const parts: PlannedResource[] = [];
  const machines = plannedMachines(request, options, (asked) => {
    const kind = azureKind(options, { role: asked.role, group: asked.workerGroup });
    const model = modelOf(asked, kind, input);
    const set = asked.role === "worker" ? scaleSetName(cluster.name, model.candidate, asked.group) : undefined;
    const { tags = {}, ...profile } =
      set === undefined ? machineModel(model, schedulerName(cluster.name)) : workers(model, asked.count);
    const name = set === undefined ? schedulerName(cluster.name) : `${set}_*`;
    if (set !== undefined && asked.count > 0)
      parts.push({ kind: "scale set", name: set, count: 1, goesWith: "cluster" });
    if (asked.count > 0) parts.push(...partsOf(profile, name, asked.count));
    return { ...machinesOf(profile, kind, input), name, tags };
  });
  const own = { makesNetwork: makesNetwork(options), makesFirewall: options.securityGroup === undefined };
  const network = partsOfNetwork(cluster, own);
  return {
    where: `in ${options.location}`,
    place: placeOf(input),
    machines,
    resources: [
      ...network.map(({ kind, id }) => ({ kind, name: id, count: 1, goesWith: "cluster" as const })),
      ...counted(parts),
    ],
    access: accessOf(input),
    calls: plannedCalls(request, options),
    atTheEnd: endOf(options, endIn(options)),
    costs:
      "Machines, disks and public addresses are charged for until they are deleted, also while a machine is powered off.",
  };
}

function endIn({ managedIdentity }: ResolvedAzureOptions): string {
  return managedIdentity === undefined
    ? "Machines power off, and are charged for until the launcher or `sweep` deletes them."
    : "Machines delete themselves, if `managedIdentity` may; else they power off, and are charged for until `sweep` deletes them.";
}

function modelOf(asked: MachinesAsked, kind: Kind, { cluster, options: whole, looked }: PlanInput): ModelInput {
  const { options } = kind;
  const sizes = looked?.discovery.sizes.get(kindKey(kind)) ?? sizesOf(kind).map((size) => pretended(size, options));
  const [candidate] = candidatesFor(kind, sizes, whole.zones[0]);
  if (candidate === undefined) throw invalid(`No size is named for ${kindKey(kind)}.`);
  return {
    clusterName: cluster.name,
    request: requestFor(asked),
    options,
    candidate,
    subnet: "",
    membership: { securityGroup: "", groups: [] },
    sshKeys: [],
  };
}

/** What a size's name tells, before anybody has looked. */
function pretended(size: string, { zones }: ResolvedAzureOptions): FoundSize {
  return { size, image: {}, hasGpu: hasGpuByName(size), trustedLaunch: false, zones };
}

function workers(model: ModelInput, count: number): Profile & { readonly tags?: Record<string, string> } {
  const { virtualMachineProfile, tags } = scaleSetModel(model, count);
  return { ...(virtualMachineProfile as Profile), ...(tags === undefined ? {} : { tags }) };
}

function machinesOf(
  { storageProfile }: Profile,
  kind: Kind,
  { looked }: PlanInput,
): Omit<CloudMachines, "name" | "tags"> {
  const types = sizesOf(kind);
  const [size = ""] = types;
  const [found] = looked?.discovery.sizes.get(kindKey(kind)) ?? [];
  return {
    types,
    image: found === undefined ? imageIn(kind.options) : urn(found.image),
    architecture: architectureByName(size),
    diskGiB: storageProfile?.osDisk?.diskSizeGB,
    gpu: (found?.hasGpu ?? hasGpuByName(size)) ? "NVIDIA, of the size" : undefined,
    pricePage: PRICES,
  };
}

function imageIn({ vmImage, marketplacePlan }: ResolvedAzureOptions): string {
  if (vmImage.id !== undefined || vmImage.offer !== undefined) return urn(vmImage);
  return marketplacePlan === undefined
    ? `the newest Ubuntu LTS of Canonical, ${LOOKED_UP}`
    : `of the plan ${marketplacePlan.name}`;
}

function urn({ id, publisher, offer, sku, version }: AzureImage): string {
  return id ?? [publisher, offer, sku, version].map((part) => part ?? LOOKED_UP).join(":");
}

function partsOf({ networkProfile }: Profile, machine: string, count: number): PlannedResource[] {
  const cards = networkProfile?.networkInterfaceConfigurations ?? [];
  const addresses = cards
    .flatMap(({ ipConfigurations = [] }) => ipConfigurations)
    .flatMap(({ publicIPAddressConfiguration: each }) => each ?? []);
  const part = (kind: string, name: string): PlannedResource => ({ kind, name, count, goesWith: "machine" });
  return [
    ...cards.map(({ name }) => part("network interface", `${name}*`)),
    ...addresses.map(({ name }) => part("public address", `${name}*`)),
    part("disk", `${machine.replace(/_\*$/u, "")}_*`),
  ];
}

/** Parts of several groups' machines may have one name. */
function counted(parts: readonly PlannedResource[]): readonly PlannedResource[] {
  return [...Map.groupBy(parts, ({ kind, name }) => `${kind} ${name}`).values()].flatMap(([first, ...more]) =>
    first === undefined ? [] : [{ ...first, count: more.reduce((sum, { count }) => sum + count, first.count) }],
  );
}

function accessOf({ options, looked }: PlanInput): PlannedAccess {
  const { securityGroup } = options;
  if (securityGroup !== undefined) {
    return { firewall: [shortName(securityGroup)], doors: [], inside: "what your network security group admits" };
  }
  return {
    firewall: "created",
    others: "nothing else comes in",
    doors: plannedDoors(options, looked?.cidrs),
    inside: "all ports and protocols",
  };
}

function placeOf({ options, looked }: PlanInput): readonly PlannedPlace[] {
  const { location, resourceGroup, zones, subnet } = options;
  const vnet = networkOf(subnet) ?? options.vnet;
  const subscription = looked?.subscription ?? options.subscriptionId ?? `that of the Azure command line, ${LOOKED_UP}`;
  const network = makesNetwork(options) ? `created for the cluster (${RANGE})` : shortName(vnet ?? "");
  const name = looked === undefined ? subnet : looked.discovery.network.subnet;
  return [
    { name: "location", value: location },
    { name: "zones", value: listed(zones, "Azure's choice") },
    { name: "resource group", value: resourceGroup },
    { name: "subscription", value: subscription },
    { name: "virtual network", value: network },
    { name: "subnet", value: makesNetwork(options) ? "default" : name === undefined ? "the first" : shortName(name) },
  ];
}

/** The last part of an id, or the name itself. */
function shortName(nameOrId: string): string {
  return nameOrId.slice(nameOrId.lastIndexOf("/") + 1);
}
