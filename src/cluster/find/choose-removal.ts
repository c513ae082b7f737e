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
  /** What the provider has found of that name, whatever its ids. */
  readonly things: readonly TaggedResource[];
  /** The record of that name on this computer, if there is one. */
  readonly record: { readonly id?: string | undefined } | undefined;
  /** Which one was asked for. */
  readonly id: string | undefined;
}

/** What a removal by name is about. */
interface Choice {
  /** Empty where nothing is there of what is meant. */
  readonly ids: readonly ClusterId[];
  /** What carries the name, too, and stays. */
  readonly others: readonly TaggedResource[];
}

/**
 * Which cluster is meant: the one whose id was asked for; or the one whose record is here; or the only one of that name. What
 * carries no id goes with it unless several could be meant. What carries an id that dask-fleet cannot have made always stays.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where several carry the name and nothing decides; it tells each with its things
 */
export function chooseRemoval(found: Found): Choice {
  const { things, record, id } = found;
  const known = [...byId(things).keys()].filter((each) => each !== undefined && isOurKind(found.name, each));
  if (id !== undefined) {
    if (!isOurKind(found.name, id))
      throw invalid(`${JSON.stringify(id)} is no id of a cluster: it has 16 hexadecimal digits.`);
    return chosen(found, [id]);
  }
  if (record !== undefined) {
    const isAlone = known.every((each) => each === record.id);
    return chosen(found, isAlone ? [record.id, undefined] : [record.id]);
  }
  if (known.length > 1) throw ambiguous(found);
  return chosen(found, [...known, undefined]);
}

/** For an error or a warning, in lines; none where there are no others. */
export function othersInWords(about: Pick<Found, "name" | "provider">, others: Choice["others"]): readonly string[] {
  if (others.length === 0) return [];
  return [
    `Other clusters carry the name "${printableName(about.name)}", too, and are not touched:`,
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
    `There are several clusters named "${printableName(name)}", and no record here says which is meant:`,
    ...othersIn(things).map((other) => `- ${other.id === undefined ? "without an id: " : ""}${otherInWords(other)}`),
    howToChoose({ name, provider }),
  ]);
}

function howToChoose({ name, provider }: Pick<Found, "name" | "provider">): string {
  return `Remove one of them by its id: the \`id\` option of remove(), or "dask-fleet remove ${shellWord(provider)} ${shellWord(name)} --id ID".`;
}
