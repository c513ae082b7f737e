import { invalid } from "../../../src/options/invalid.ts";
import { OUR_TAGS, type Tags, groupIn } from "../../../src/provider/tags.ts";

/** By namespace and key. */
export type DefinedTags = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

/** OCI takes ten freeform tags and 64 defined ones on a resource. */
const MOST_FREEFORM = 10 - OUR_TAGS.length;
const MOST_DEFINED = 64;

interface UserTags {
  readonly tags: Tags;
  readonly definedTags: DefinedTags;
}

/**
 * @param place where an option is from
 * @throws DaskFleetError `CONFIG_INVALID` for tags that OCI would refuse, or that would hide the cluster's own
 */
export function assertUserTags({ tags, definedTags }: UserTags, place: (option: string) => string): void {
  for (const [key, value] of Object.entries(tags)) {
    const trouble = troubleWith(key, value);
    if (trouble !== undefined) {
      throw invalid(`The tag ${JSON.stringify(key)} of the \`${place("tags")}\` option ${trouble}.`);
    }
  }
  if (Object.keys(tags).length > MOST_FREEFORM) {
    throw invalid(
      `The \`${place("tags")}\` option has more than ${MOST_FREEFORM} tags. OCI takes ten freeform tags, and dask-fleet needs ${OUR_TAGS.length}: use \`definedTags\`.`,
    );
  }
  const defined = Object.values(definedTags).reduce((sum, keys) => sum + Object.keys(keys).length, 0);
  if (defined <= MOST_DEFINED) return;
  throw invalid(`The \`${place("definedTags")}\` option has more than ${MOST_DEFINED} tags, OCI's limit.`);
}

function troubleWith(key: string, value: string): string | undefined {
  if (OUR_TAGS.includes(key)) return "is dask-fleet's own: it finds the cluster's machines by it";
  if (!/^[\x21-\x7e]{1,100}$/.test(key) || key.includes(".")) {
    return "needs a name of 1 to 100 ASCII characters, without spaces and dots";
  }
  return Array.from(value).length > 256 ? "has a value of more than 256 characters" : undefined;
}

/** The tags of a create call: the user's, and those by which the resource is found again. */
export function tagsOf(
  own: Tags,
  { tags, definedTags }: UserTags,
): { readonly freeformTags: Record<string, string>; readonly definedTags?: Record<string, Record<string, unknown>> } {
  const defined = Object.entries(definedTags).map(([namespace, keys]) => [namespace, { ...keys }] as const);
  return {
    freeformTags: { ...tags, ...own },
    ...(defined.length === 0 ? {} : { definedTags: Object.fromEntries(defined) }),
  };
}

/** For human eyes: `dask-1a2b3c4d-worker`, or `dask-1a2b3c4d-gpu` for a group of workers with a name of its own. */
export function displayNameOf(tags: Tags): string {
  const { "cluster-name": cluster = "", role } = tags;
  return role === undefined ? cluster : `${cluster}-${groupIn(tags) ?? role}`;
}
