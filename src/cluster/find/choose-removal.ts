import { DaskFleetError } from "../../errors.ts";
import { invalid } from "../../options/invalid.ts";
import { type ClusterId, isOurKind } from "../../provider/identity.ts";
import type { TaggedResource } from "../../provider/machine.ts";
import { byId, otherInWords, othersIn } from "../../provider/name-taken.ts";
import { printableName } from "../../text/printable.ts";
import { shellWord } from "../end/remove-command.ts";

interface Found {
  readonly name: string;
  readonly provider: string;
  /** Resources with that name, of any id. */
  readonly things: readonly TaggedResource[];
  /** The record of that name on this computer, if any. */
  readonly record: { readonly id?: string | undefined } | undefined;
  /** The requested id. */
  readonly id: string | undefined;
}

/** The scope of a removal by name. */
interface Choice {
  /** The ids to remove; empty when the selected cluster has no resources. */
  readonly ids: readonly ClusterId[];
  /** Resources with the same name that stay. */
  readonly others: readonly TaggedResource[];
}

/**
 * Selects the cluster to remove: the one with the requested id, or the one whose record is here, or the only one of that name.
 * Resources without an id go with it unless several clusters could own them. Resources with an id not of dask-fleet's form always stay.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when several clusters have the name and nothing selects one; it lists each with its resources
 */
export function chooseRemoval(found: Found): Choice {
  const { things, record, id } = found;
  const known = [...byId(things).keys()].filter((each) => each !== undefined && isOurKind(found.name, each));
  if (id !== undefined) {
    if (!isOurKind(found.name, id))
      throw invalid(`${JSON.stringify(id)} is not a cluster id: ids have 16 hexadecimal digits.`);
    return chosen(found, [id]);
  }
  if (record !== undefined) {
    const isAlone = known.every((each) => each === record.id);
    return chosen(found, isAlone ? [record.id, undefined] : [record.id]);
  }
  if (known.length > 1) throw ambiguous(found);
  return chosen(found, [...known, undefined]);
}

/** The lines of an error or a warning; none without others. */
export function othersInWords(about: Pick<Found, "name" | "provider">, others: Choice["others"]): readonly string[] {
  if (others.length === 0) return [];
  return [
    `Other clusters named "${printableName(about.name)}" are not touched:`,
    ...othersIn(others).map((other) => `- ${otherInWords(other)}`),
    howToChoose(about),
  ];
}

function chosen({ things }: Found, ids: readonly ClusterId[]): Choice {
  const isMeant = ({ clusterId }: TaggedResource): boolean => ids.includes(clusterId);
  return {
    ids: things.some(isMeant) ? [...new Set(ids)] : [],
    others: things.filter((thing) => !isMeant(thing)),
  };
}

function ambiguous({ name, provider, things }: Found): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", [
    `Several clusters are named "${printableName(name)}", and no record on this computer selects one:`,
    ...othersIn(things).map((other) => `- ${other.id === undefined ? "without an id: " : ""}${otherInWords(other)}`),
    howToChoose({ name, provider }),
  ]);
}

function howToChoose({ name, provider }: Pick<Found, "name" | "provider">): string {
  return `Remove one of them by its id: the \`id\` option of remove(), or "dask-fleet remove ${shellWord(provider)} ${shellWord(name)} --id ID".`;
}
