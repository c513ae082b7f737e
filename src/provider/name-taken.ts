import { DaskFleetError } from "../errors.ts";
import { printableName } from "../text/printable.ts";
import type { ClusterId } from "./identity.ts";
import type { Resource } from "./machine.ts";

const MOST_THINGS = 3;

interface Other {
  /** Undefined when unknown or missing. */
  readonly id: ClusterId;
  readonly things: readonly Resource[];
}

/** The error for a name that another cluster has. Its resources are not touched. */
export function nameTaken(name: string, others: readonly Other[]): DaskFleetError {
  const who = others.map(otherInWords).join("; ");
  return new DaskFleetError(
    "CONFIG_INVALID",
    `A cluster named "${name}" already exists (${who}): remove it, or choose another name.`,
  );
}

/** `id 0f1e2d3c4b5a6978: instance i-1, volume vol-2, …` */
export function otherInWords({ id, things }: Other): string {
  const some = things.slice(0, MOST_THINGS).map((thing) => `${printableName(thing.kind)} ${printableName(thing.id)}`);
  const what = `${some.join(", ")}${things.length > MOST_THINGS ? ", …" : ""}`;
  return id === undefined ? what : `id ${printableName(id)}${what === "" ? "" : `: ${what}`}`;
}

/** Resources with one name, grouped by id. */
export function byId<Thing extends Resource & { readonly clusterId?: ClusterId }>(
  things: readonly Thing[],
): ReadonlyMap<ClusterId, readonly Thing[]> {
  return Map.groupBy(things, ({ clusterId }) => clusterId);
}

/** The same for errors. */
export function othersIn(things: readonly (Resource & { readonly clusterId?: ClusterId })[]): readonly Other[] {
  return [...byId(things)].map(([id, own]) => ({ id, things: own }));
}
