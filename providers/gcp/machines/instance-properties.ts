import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { mergedOver } from "../../../src/cloud/raw-override.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import { regionOf } from "../api/links.ts";
import type { AttachedDisk, Instance, InstanceProperties, NetworkInterface, Scheduling } from "../api/sdk.ts";
import { type Network, stackIn } from "../network/network.ts";
import { accountOf } from "../options/identity.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
import { memberTag, schedulerTag } from "../tags/names.ts";
import { labelsFrom, userLabelsOf } from "../tags/tags.ts";
import type { KindDiscovery } from "./kinds.ts";
import type { Candidate } from "./launch.ts";
import { metadataItems } from "./metadata.ts";

export interface MachineInput {
  readonly clusterName: string;
  readonly request: Pick<MachineRequest, "role" | "userData" | "tags">;
  readonly candidate: Candidate;
  readonly kind: Pick<KindDiscovery, "gpus" | "hasGpu">;
  readonly network: Network;
  /** The cluster's, overridden by the group's. */
  readonly options: ResolvedGcpOptions;
  /** The address family by which clients reach the scheduler. */
  readonly clients: AddressFamily;
  /** In milliseconds since 1970. */
  readonly now: number;
}

const SHORTEST_RUN_S = 30;
const LONGEST_RUN_S = 120 * 86_400;
/** So long before a machine ends by itself, the cloud deletes it: a machine that powered itself off would keep its disk. */
const AHEAD_S = 30;

/** What each of a kind's machines is made from. Pure: the same input gives the same properties. */
export function instanceProperties(input: MachineInput): InstanceProperties {
  const { clusterName, request, candidate, options } = input;
  const labels = labelsFrom(request.tags, userLabelsOf(options));
  const tags = [memberTag(clusterName), ...(request.role === "scheduler" ? [schedulerTag(clusterName)] : [])];
  const properties = mergedOver(overridable(input), options.instanceProperties) as InstanceProperties;
  return {
    ...properties,
    machineType: candidate.machineType,
    disks: (properties.disks ?? []).map((disk) => goesWithMachine(disk, labels)),
    labels,
    tags: { items: [...new Set([...tags, ...options.networkTags])] },
    metadata: { items: metadataItems(request.userData, options.instanceMetadata) },
  };
}

/** The same as `insert` takes it: with a name of its own, and links in place of names. */
export function instanceFrom(properties: InstanceProperties, { name, zone }: { name: string; zone: string }): Instance {
  const { machineType, disks, guestAccelerators, resourceManagerTags, ...rest } = properties;
  const linked = (collection: string, value: string | null | undefined): string =>
    `zones/${zone}/${collection}/${value}`;
  return {
    ...rest,
    name,
    ...(resourceManagerTags === undefined ? {} : { params: { resourceManagerTags } }),
    machineType: linked("machineTypes", machineType),
    disks: (disks ?? []).map((disk) => {
      const { initializeParams: params } = disk;
      if (params?.diskType === undefined || params.diskType === null) return disk;
      return { ...disk, initializeParams: { ...params, diskType: linked("diskTypes", params.diskType) } };
    }),
    ...(guestAccelerators === undefined || guestAccelerators === null
      ? {}
      : {
          guestAccelerators: guestAccelerators.map(({ acceleratorCount, acceleratorType }) => ({
            ...(acceleratorCount === undefined ? {} : { acceleratorCount }),
            acceleratorType: linked("acceleratorTypes", acceleratorType),
          })),
        }),
  };
}

/** The part that can be overridden. */
function overridable(input: MachineInput): InstanceProperties {
  const { kind, options, candidate } = input;
  const { image } = candidate;
  const email = accountOf(options);
  const diskType = options.diskType ?? usualDiskType(candidate.machineType);
  return {
    disks: [
      {
        boot: true,
        initializeParams: {
          sourceImage: image.link,
          diskSizeGb: String(options.diskSize),
          ...(diskType === undefined ? {} : { diskType }),
        },
      },
    ],
    networkInterfaces: [networkCard(input)],
    scheduling: schedulingOf(input),
    ...(kind.gpus === undefined
      ? {}
      : { guestAccelerators: [{ acceleratorType: kind.gpus.type, acceleratorCount: kind.gpus.count }] }),
    ...(email === undefined ? {} : { serviceAccounts: [{ email, scopes: [...options.instanceScopes] }] }),
    ...(image.uefi ? { shieldedInstanceConfig: shieldOf(kind) } : {}),
  };
}

function networkCard({ request, options, network, candidate, clients }: MachineInput): NetworkInterface {
  const region = regionOf(candidate.zone);
  const subnetwork = network.subnetworks[region];
  const { kind, isExternal } = stackIn(network.stacks, region);
  const isScheduler = request.role === "scheduler";
  const isPublic = hasPublicIp(request.role, options);
  const hasBoth = kind === "dual" && isScheduler && clients === 6;
  const ipv6AccessConfigs = [{ name: "external-ipv6", type: "DIRECT_IPV6", networkTier: "PREMIUM" }];
  return {
    network: network.link,
    ...(subnetwork === undefined ? {} : { subnetwork }),
    ...(kind === "ipv6" ? { stackType: "IPV6_ONLY" } : hasBoth ? { stackType: "IPV4_IPV6" } : {}),
    // A worker's is for what it fetches; no port of it is open.
    ...(isPublic && kind !== "ipv6" ? { accessConfigs: [{ name: "External NAT", type: "ONE_TO_ONE_NAT" }] } : {}),
    ...(isExternal && (kind === "ipv6" || hasBoth) ? { ipv6AccessConfigs } : {}),
  };
}

/** A driver that a machine builds or installs for its GPUs need not be signed with a key that Secure Boot knows. */
function shieldOf({ hasGpu }: MachineInput["kind"]): NonNullable<InstanceProperties["shieldedInstanceConfig"]> {
  return { enableSecureBoot: !hasGpu, enableVtpm: true, enableIntegrityMonitoring: true };
}

function schedulingOf({ candidate, kind, options, request, now }: MachineInput): Scheduling {
  const isSpot = candidate.capacityType === "spot";
  const onHostMaintenance = kind.hasGpu || isSpot ? "TERMINATE" : (options.onHostMaintenance ?? "MIGRATE");
  const runsFor = runDuration(request.tags["expires"], now);
  return {
    // A machine that comes back after its worker was replaced would be one too many.
    automaticRestart: false,
    onHostMaintenance,
    provisioningModel: isSpot ? "SPOT" : "STANDARD",
    ...(runsFor === undefined ? {} : { maxRunDuration: { seconds: String(runsFor) } }),
    ...(isSpot || runsFor !== undefined ? { instanceTerminationAction: "DELETE" } : {}),
  };
}

/** @param expires in seconds since 1970 */
function runDuration(expires: string | undefined, now: number): number | undefined {
  if (expires === undefined) return undefined;
  const left = Math.floor(Number(expires) - now / 1000) - AHEAD_S;
  return Math.min(LONGEST_RUN_S, Math.max(SHORTEST_RUN_S, left));
}

/** Also a disk that an override has added: it would outlive the machine, and cost money. */
function goesWithMachine(disk: AttachedDisk, labels: Record<string, string>): AttachedDisk {
  const { initializeParams: params } = disk;
  return {
    ...disk,
    autoDelete: true,
    ...(params === undefined || params === null ? {} : { initializeParams: { ...params, labels } }),
  };
}

/** Series that take a `pd-balanced` disk; Compute Engine itself would give most of them a slower one. */
const BALANCED = new Set("a2 c2 c2d c3 c3d custom e2 f1 g1 g2 m1 m2 m3 n1 n2 n2d t2a t2d".split(" "));

/** Undefined: Compute Engine chooses, since newer series take only disks of a newer kind. */
function usualDiskType(machineType: string): string | undefined {
  return BALANCED.has(machineType.split("-")[0] ?? "") ? "pd-balanced" : undefined;
}
