import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import { nameTaken } from "../../../src/provider/name-taken.ts";
import { OUR_TAGS, ownerOf } from "../../../src/provider/tags.ts";

export type Tags = Readonly<Record<string, string>>;

/** Azure takes 50 on a resource. */
const MOST_TAGS = 50 - OUR_TAGS.length;
// Control characters, too.
const FORBIDDEN = /[<>%&\\?/\p{Cc}]/u;
const LONGEST_NAME = 512;
const LONGEST_VALUE = 256;

/** @throws DaskFleetError `CONFIG_INVALID` for tags that Azure would refuse, or that would hide the cluster's own */
export function assertUserTags(option: string, tags: Tags): void {
  for (const [name, value] of Object.entries(tags)) {
    const trouble = troubleWith(name, value);
    if (trouble !== undefined) throw invalid(`The tag ${JSON.stringify(name)} of the \`${option}\` option ${trouble}.`);
  }
  const names = Object.keys(tags);
  const twice = names.find((name, nth) => names.findIndex((each) => sameTag(each, name)) < nth);
  if (twice !== undefined) {
    throw invalid(
      `The \`${option}\` option has the tag ${JSON.stringify(twice)} twice: Azure ignores the case of names.`,
    );
  }
  if (names.length > MOST_TAGS) throw tooMany(`\`${option}\` option has`);
}

/** The tags of several sources; of two with the same name the later one wins. Azure ignores the case of names. */
export function mergedTags(...sources: readonly Tags[]): Record<string, string> {
  const byName = new Map(
    sources
      .flatMap((tags) => Object.entries(tags))
      .map(([name, value]) => [name.toLowerCase(), [name, value] as const]),
  );
  return Object.fromEntries(byName.values());
}

/**
 * @param place of both options, before their names
 * @throws DaskFleetError `CONFIG_INVALID` where they are too many together
 */
export function assertRoomFor(tags: Tags, vmTags: Tags, place: string): void {
  if (Object.keys(mergedTags(tags, vmTags)).length > MOST_TAGS)
    throw tooMany(`\`${place}tags\` and \`${place}vmTags\` options have together`);
}

interface Thing {
  readonly kind: string;
  readonly name: string;
  readonly tags: Tags | undefined;
}

/** A resource with a name that the cluster needs, and that is not to be touched: another cluster's of the same name, or another owner's. */
export function notOurs(
  { name: clusterName }: Pick<ClusterIdentity, "name">,
  { kind, name, tags }: Thing,
): DaskFleetError {
  const owner = ownerOf(tags);
  if (owner?.name === clusterName) return nameTaken(clusterName, [{ id: owner.id, things: [{ kind, id: name }] }]);
  return invalid(`The ${kind} ${name} already exists and is not this cluster's. Give the cluster another name.`);
}

function tooMany(who: string): DaskFleetError {
  return invalid(`The ${who} more than ${MOST_TAGS} tags, Azure's limit.`);
}

function sameTag(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function troubleWith(name: string, value: string): string | undefined {
  // Azure ignores the case of a tag's name.
  if (OUR_TAGS.includes(name.toLowerCase())) return "is dask-fleet's own: it finds the cluster's machines by it";
  if (name === "" || name.length > LONGEST_NAME || FORBIDDEN.test(name)) {
    return `needs a name without < > % & \\ ? and /, of ${LONGEST_NAME} characters at the most`;
  }
  if (value.length > LONGEST_VALUE) return `needs a value of ${LONGEST_VALUE} characters at the most`;
  return undefined;
}
