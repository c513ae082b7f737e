import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import type { OciKind } from "../options/kinds.ts";
import { listOf } from "../options/resolved-options.ts";
import type { ShapeConfig } from "./machine-types.ts";

/** Where machines can be: a subnet, and an availability domain that it reaches. */
export interface Place {
  readonly subnetId: string;
  /** Such as `Uocm:PHX-AD-1`. */
  readonly availabilityDomain: string;
}

/** A shape that machines of a kind may have. */
export interface KindShape {
  readonly shape: string;
  /** Undefined: the shape is not flexible. */
  readonly config: ShapeConfig | undefined;
  readonly imageId: string;
  readonly domains: ReadonlySet<string>;
}

/** What discovery found that candidates are made of. */
export interface FoundKind {
  /** The preferred one first. */
  readonly places: readonly Place[];
  /** The preferred one first. */
  readonly shapes: readonly KindShape[];
  readonly gpu: boolean;
}

/** One way to get machines. */
export interface Candidate extends Place, Pick<KindShape, "shape" | "config" | "imageId"> {
  /** Undefined: OCI's own choice. */
  readonly faultDomain: string | undefined;
  readonly capacityType: CapacityType;
}

/** Each availability domain has the same three. */
const FAULT_DOMAINS = ["FAULT-DOMAIN-1", "FAULT-DOMAIN-2", "FAULT-DOMAIN-3"];

/**
 * All candidates for a kind's machines, in order: each capacity type, then each shape in every availability domain before the next
 * shape, for workers the scheduler's first, and there in every fault domain. OCI's own choice is asked first: it spreads machines, but
 * has no capacity where only the fault domain that it chose has none.
 */
export function candidatesFor(
  kind: OciKind,
  { places, shapes }: Pick<FoundKind, "places" | "shapes">,
  schedulerDomain: string | undefined,
): readonly Candidate[] {
  const { role, options } = kind;
  const asked = listOf(options.faultDomain);
  const faultDomains = asked.length > 0 ? asked : [undefined, ...FAULT_DOMAINS];
  const ordered = nearestFirst(role, places, schedulerDomain, ({ availabilityDomain }) => availabilityDomain);
  const ways = shapes.flatMap(({ domains, ...shape }) =>
    ordered
      .filter(({ availabilityDomain }) => domains.has(availabilityDomain))
      .flatMap((place) => faultDomains.map((faultDomain) => ({ ...place, ...shape, faultDomain }))),
  );
  return withCapacityTypes(role, options.spot, ways);
}

export function inWords({ shape, availabilityDomain, faultDomain, capacityType }: Candidate): string {
  const where = faultDomain === undefined ? availabilityDomain : `${availabilityDomain} (${faultDomain})`;
  return `${typeInWords(shape, capacityType)} in ${where}`;
}
