import { invalid } from "../../../src/options/invalid.ts";
import { OUR_TAGS, type Whose } from "../../../src/provider/tags.ts";

export type Labels = Readonly<Record<string, string>>;

/** Compute Engine takes 64 on a resource. */
const MOST_LABELS = 64 - OUR_TAGS.length;

const KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** The options that are labels on Compute Engine. */
interface UserLabels {
  readonly tags: Labels;
  readonly instanceLabels: Labels;
}

/** The user's labels of machines and disks. */
export function userLabelsOf({ tags, instanceLabels }: UserLabels): Labels {
  return { ...tags, ...instanceLabels };
}

/**
 * @param place where an option is from: `tags`, or `workers.gpu.tags`
 * @throws DaskFleetError `CONFIG_INVALID` for labels that Compute Engine would refuse, or that would hide the cluster's own.
 */
export function assertUserLabels(options: UserLabels, place: (option: keyof UserLabels) => string): void {
  assertLabels(place("tags"), options.tags);
  assertLabels(place("instanceLabels"), options.instanceLabels);
  if (Object.keys(userLabelsOf(options)).length <= MOST_LABELS) return;
  throw invalid(
    `The options \`${place("tags")}\` and \`${place("instanceLabels")}\` have more than ${MOST_LABELS} labels, Compute Engine's limit.`,
  );
}

function assertLabels(option: string, labels: Labels): void {
  for (const [key, value] of Object.entries(labels)) {
    const trouble = OUR_TAGS.includes(key)
      ? "is dask-fleet's own: it finds the cluster's machines by it"
      : troubleWith(key, value);
    if (trouble !== undefined)
      throw invalid(`The label ${JSON.stringify(key)} of the \`${option}\` option ${trouble}.`);
  }
}

/**
 * The cluster's tags as labels, as they are, and the user's.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a tag that no label can say
 */
export function labelsFrom(tags: Labels, userLabels: Labels = {}): Record<string, string> {
  for (const [key, value] of Object.entries(tags)) {
    const trouble = troubleWith(key, value);
    if (trouble !== undefined)
      throw invalid(`The cluster's label ${JSON.stringify(key)} ${trouble}: ${JSON.stringify(value)}.`);
  }
  return { ...userLabels, ...tags };
}

/**
 * Finds what clusters of one name have made, or all of dask-fleet's, in lists of things that have labels; `isWhose` tells one cluster
 * from others of its name.
 */
export function labelFilter(whose: Whose): string {
  const ours = "labels.creator = dask-fleet";
  return whose === undefined ? ours : `(${ours}) AND (labels.cluster-name = ${whose.name})`;
}

function troubleWith(key: string, value: string): string | undefined {
  if (!KEY.test(key))
    return "needs a name of lower-case letters, digits, `_` and `-`, a letter first, 63 characters at the most";
  if (!VALUE.test(value)) return "needs a value of lower-case letters, digits, `_` and `-`, 63 characters at the most";
  return undefined;
}
