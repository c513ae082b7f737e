import { DaskFleetError } from "../errors.ts";
import { printableName } from "../text/printable.ts";
import type { ClusterId } from "./identity.ts";
import type { Resource } from "./machine.ts";

const MOST_THINGS = 3;

interface Other {
  /** Undefined where it has none, or where that is not known. */
  readonly id: ClusterId;
  readonly things: readonly Resource[];
}

/** Another cluster has the name, be it since long or since a moment ago. Nothing of it is touched. */
export function nameTaken(name: string, others: readonly Other[]): DaskFleetError {
  const who = others.map(otherInWords).join("; ");
  return new DaskFleetError(
    "CONFIG_INVALID",
    `There is a cluster named "${name}" already (${who}): remove it, or choose another name.`,
  );
}

/** `id 0f1e2d3c4b5a6978: instance i-1, volume vol-2, …` */
export function otherInWords({ id, things }: Other): string {
  const some = things.slice(0, MOST_THINGS).map((thing) => `${printableName(thing.kind)} ${printableName(thing.id)}`);
  const what = `${some.join(", ")}${things.length > MOST_THINGS ? ", …" : ""}`;
  return id === undefined ? what : `id ${printableName(id)}${what === "" ? "" : `: ${what}`}`;
}

/** What carries one name, by the ids. */
export function byId<Thing extends Resource & { readonly clusterId?: ClusterId }>(
  things: readonly Thing[],
): ReadonlyMap<ClusterId, readonly Thing[]> {
  return Map.groupBy(things, ({ clusterId }) => clusterId);
}

/** The same for errors. */
export function othersIn(things: readonly (Resource & { readonly clusterId?: ClusterId })[]): readonly Other[] {
  return [...byId(things)].map(([id, own]) => ({ id, things: own }));
}
