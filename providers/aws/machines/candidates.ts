import { forKind, kindInWords, type MachineKind } from "../../../src/cloud/machines/kinds.ts";
import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Place } from "../network/network.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import type { Image } from "./image.ts";
import type { Architecture, InstanceType } from "./machine-types.ts";

/** One way to get machines: what RunInstances is asked for. */
export interface Candidate extends Place {
  readonly instanceType: string;
  readonly image: Image;
  readonly capacityType: CapacityType;
}

/**
 * The default: enough for Docker and Dask (upstream's t2.micro, with 1 GiB, is not), current, in nearly every region, and open to
 * accounts on AWS' free plan. The others are as large, for regions and moments without capacity for it.
 */
export const DEFAULT_INSTANCE_TYPES: readonly string[] = ["m7i-flex.large", "m7i.large", "m6i.large", "m5.large"];

type Types = Pick<ResolvedEc2Options, "schedulerInstanceType" | "workerInstanceType" | "instanceTypes">;

/** The instance types that machines of a kind may have, the preferred one first. */
export function typesOf({ role, options }: Pick<MachineKind<Types>, "role" | "options">): {
  readonly names: readonly string[];
  readonly asked: boolean;
} {
  const { schedulerInstanceType, workerInstanceType, instanceTypes } = options;
  const first = role === "scheduler" ? schedulerInstanceType : workerInstanceType;
  const more = role === "scheduler" ? [] : instanceTypes;
  const names = [...new Set([...(first === undefined ? [] : [first]), ...more])];
  return names.length > 0 ? { names, asked: true } : { names: DEFAULT_INSTANCE_TYPES, asked: false };
}

/** What discovery found that candidates are made of. */
export interface DiscoveredMachines {
  /** The preferred one first. */
  readonly places: readonly Place[];
  readonly types: ReadonlyMap<string, InstanceType>;
  readonly imageFor: (architecture: Architecture) => Image;
}

interface CandidateWishes {
  readonly schedulerZone?: string | undefined;
  /** The address family by which clients reach the scheduler. */
  readonly clients: AddressFamily;
}

/**
 * All candidates for machines of a kind, in order: each capacity type, then each instance type in every
 * zone before the next type, and for workers the scheduler's zone first.
 */
export function candidatesFor(
  kind: Pick<MachineKind<ResolvedEc2Options>, "role" | "options">,
  { places, types, imageFor }: DiscoveredMachines,
  { schedulerZone, clients }: CandidateWishes,
): readonly Candidate[] {
  const { role, options } = kind;
  const isReached = ({ stack }: Place): boolean => role === "worker" || clients === 4 || stack !== "ipv4";
  const ordered = nearestFirst(role, places.filter(isReached), schedulerZone, ({ zone }) => zone);
  const known = typesOf(kind).names.flatMap((name) => types.get(name) ?? []);
  const ways = known.flatMap(({ name: instanceType, architecture, zones }) =>
    ordered
      .filter(({ zone }) => zones.has(zone))
      .map((place) => ({ ...place, instanceType, image: imageFor(architecture) })),
  );
  return withCapacityTypes(role, options.spot, ways);
}

export function inWords({ instanceType, zone, capacityType }: Candidate): string {
  return `${typeInWords(instanceType, capacityType)} in ${zone}`;
}

/** @throws DaskFleetError `CONFIG_INVALID` for types that do not exist, do not go together or are in none of the zones */
export function assertTypes(
  kind: MachineKind<ResolvedEc2Options>,
  { types, places, region }: Pick<DiscoveredMachines, "types" | "places"> & { readonly region: string },
): void {
  const { names, asked } = typesOf(kind);
  const unknown = asked ? names.filter((name) => !types.has(name)) : [];
  if (unknown.length > 0)
    throw invalid(`The region ${region} has no instance type ${unknown.join(", ")}${forKind(kind)}.`);
  const known = names.flatMap((name) => types.get(name) ?? []);
  if (new Set(known.map(({ gpu }) => gpu)).size > 1) {
    throw invalid(
      `All instance types of a ${kindInWords(kind)} must be alike, but ${known.map(({ name, gpu }) => `${name} has ${gpu ? "" : "no "}NVIDIA GPUs`).join(", ")}.`,
    );
  }
  assertIpv6(known, { places, asked });
  const zones = [...new Set(places.map(({ zone }) => zone))];
  if (known.some((type) => zones.some((zone) => type.zones.has(zone)))) return;
  const where = [...new Set(known.flatMap((type) => [...type.zones]))].sort();
  const hint = where.length > 0 ? `; there is in ${where.join(", ")}` : "";
  throw invalid(`There is no ${names.join(" or ")}${forKind(kind)} in ${zones.join(", ")}${hint}.`);
}

function assertIpv6(
  types: readonly InstanceType[],
  { places, asked }: { readonly places: readonly Place[]; readonly asked: boolean },
): void {
  const place = places.find(({ stack }) => stack === "ipv6");
  const unfit = types.filter(({ ipv6Only }) => !ipv6Only).map(({ name }) => name);
  if (place === undefined || !asked || unfit.length === 0) return;
  throw invalid(
    `The subnet ${place.subnetId} is IPv6-only, and machines of ${unfit.join(", ")} need IPv4: take a type of the Nitro System, such as ${DEFAULT_INSTANCE_TYPES[0]}.`,
  );
}
