import { invalid } from "../../../src/options/invalid.ts";
import type { ClusterId } from "../../../src/provider/identity.ts";

type Tags = Readonly<Record<string, string>>;

/** Every droplet of dask-fleet has it, whatever its cluster. */
export const OURS = "dask-fleet";
/**
 * DigitalOcean's tags are names without values: `dask-fleet:cluster-id:lab:0123456789abcdef`, `dask-fleet:role:lab:worker:0123456789abcdef`. Older versions ended
 * the latter before the id, and had `dask-fleet:cluster-name:lab` in place of the former.
 */
const PREFIX = `${OURS}:`;
const CLUSTER = "cluster-name";
const ID = "cluster-id";
/** What DigitalOcean accepts as a tag. */
export const TAG: RegExp = /^[a-zA-Z0-9_:-]{1,255}$/;

/**
 * A cluster's tags (src/provider/tags.ts) as DigitalOcean's. All but the common one name the cluster and its id, so that they can be
 * deleted with it, and no other cluster of that name has them.
 */
export function tagsFor(tags: Tags): string[] {
  const { creator: _creator, [CLUSTER]: name = "", [ID]: id, ...others } = tags;
  return [
    OURS,
    clusterTag({ name, id }),
    ...Object.entries(others).map(([key, value]) => factTag({ name, id }, key, value)),
  ];
}

/**
 * Reads tags that {@link tagsFor} wrote, and ignores others. Tags that name several clusters give a joined id, `id+id`, which matches
 * no cluster.
 */
export function tagsFrom(names: readonly string[]): Record<string, string> {
  const facts = names.flatMap((name) => factIn(name) ?? []);
  if (facts.length === 0) return {};
  const clusters = [...new Set(facts.map(({ cluster }) => cluster))].toSorted();
  const ids = [...new Set(facts.flatMap(({ id }) => id ?? []))].toSorted();
  const id = clusters.length > 1 ? [...clusters, ...ids].join("+") : ids.join("+");
  return {
    ...Object.fromEntries(facts.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]]))),
    creator: OURS,
    [CLUSTER]: clusters[0] ?? "",
    ...(id === "" ? {} : { [ID]: id }),
  };
}

/** What one of our tags says. */
interface Fact {
  readonly cluster: string;
  readonly id: string | undefined;
  readonly key: string;
  /** Undefined where it says no more than whose a thing is. */
  readonly value: string | undefined;
}

function factIn(tag: string): Fact | undefined {
  const [prefix, key, cluster, first, second] = tag.split(":");
  if (prefix !== OURS || key === undefined || cluster === undefined) return undefined;
  if (key === CLUSTER) return { cluster, id: undefined, key, value: undefined };
  if (key === ID) return { cluster, id: first, key, value: undefined };
  return { cluster, id: second, key, value: first };
}

/** A cluster; older versions gave it no id. */
export interface Named {
  readonly name: string;
  readonly id: ClusterId;
}

/** The tag that all droplets of a cluster have, and no others. */
export function clusterTag({ name, id }: Named): string {
  return id === undefined ? `${PREFIX}${CLUSTER}:${name}` : `${PREFIX}${ID}:${name}:${id}`;
}

/** The tag that a cluster's droplets of a role have. */
export function roleTag(cluster: Named, role: string): string {
  return factTag(cluster, "role", role);
}

function factTag({ name, id }: Named, key: string, value: string): string {
  return [`${PREFIX}${key}`, name, value, ...(id === undefined ? [] : [id])].join(":");
}

/** Whether a tag is one that goes with its cluster. */
export function isClusters(tag: string): boolean {
  return factIn(tag) !== undefined;
}

interface UserTags {
  readonly tags: Tags;
  readonly dropletTags: readonly string[];
}

/** The user's own, as DigitalOcean's: `{ team: "data" }` is `team:data`, `{ nightly: "" }` is `nightly`. */
export function userTags({ tags, dropletTags }: UserTags): readonly string[] {
  return [...new Set([...namesOf(tags), ...dropletTags])];
}

/**
 * @param place an option in words: `tags`, or `workers.gpu.tags`
 * @throws DaskFleetError `CONFIG_INVALID` for tags that DigitalOcean does not take, or that would be taken for the cluster's own
 */
export function assertUserTags({ tags, dropletTags }: UserTags, place: (option: keyof UserTags) => string): void {
  const names = namesOf(tags);
  const bad = names.find((name) => !TAG.test(name));
  if (bad !== undefined) {
    throw invalid(
      `The \`${place("tags")}\` option would make the tag ${JSON.stringify(bad)}. DigitalOcean's tags are names: a key and its value become ` +
        "`key:value`, of letters, digits, `_`, `:` and `-`, 255 characters at most.",
    );
  }
  assertNotOurs(place("tags"), names);
  assertNotOurs(place("dropletTags"), dropletTags);
}

function namesOf(tags: Tags): readonly string[] {
  return Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}:${value}`));
}

function assertNotOurs(option: string, tags: readonly string[]): void {
  const taken = tags.find((tag) => tag === OURS || tag.startsWith(PREFIX));
  if (taken === undefined) return;
  throw invalid(
    `The tag ${JSON.stringify(taken)} of the \`${option}\` option is dask-fleet's own: it finds the cluster's machines by such.`,
  );
}
