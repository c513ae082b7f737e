import { invalid } from "../../src/options/invalid.ts";

type Tags = Readonly<Record<string, string>>;

/** Every droplet of dask-fleet has it, whatever its cluster. */
export const OURS = "dask-fleet";
/** DigitalOcean's tags are names without values: `dask-fleet:cluster-name:dask-1a2b3c4d`, `dask-fleet:role:dask-1a2b3c4d:worker`. */
const PREFIX = `${OURS}:`;
const CLUSTER = "cluster-name";
/** What DigitalOcean takes for a tag. */
export const TAG: RegExp = /^[a-zA-Z0-9_:-]{1,255}$/;

/** A cluster's tags (src/cluster/tags.ts) as DigitalOcean's. All but the common one name the cluster, so that they can be deleted with it. */
export function tagsFor(tags: Tags): string[] {
  const { creator: _creator, [CLUSTER]: clusterName = "", ...others } = tags;
  return [
    OURS,
    clusterTag(clusterName),
    ...Object.entries(others).map(([key, value]) => `${PREFIX}${key}:${clusterName}:${value}`),
  ];
}

/** What {@link tagsFor} has made of tags; others are not for us. */
export function tagsFrom(names: readonly string[]): Record<string, string> {
  const entries = names.flatMap((name): [string, string][] => {
    const [prefix, key, clusterName, value] = name.split(":");
    if (prefix !== OURS || key === undefined || clusterName === undefined) return [];
    if (key === CLUSTER) return [[CLUSTER, clusterName]];
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

/** The tag that all droplets of a cluster have. */
export function clusterTag(clusterName: string): string {
  return `${PREFIX}${CLUSTER}:${clusterName}`;
}

/** The tag that a cluster's droplets of a role have. */
export function roleTag(clusterName: string, role: string): string {
  return `${PREFIX}role:${clusterName}:${role}`;
}

/** The cluster that one of our tags names, if it names one. */
export function clusterOf(tag: string): string | undefined {
  return tag.startsWith(PREFIX) ? tag.split(":")[2] : undefined;
}

interface UserTags {
  readonly tags: Tags;
  readonly dropletTags: readonly string[];
}

/** The user's own, as DigitalOcean's: `{ team: "data" }` is `team:data`, `{ nightly: "" }` is `nightly`. */
export function userTags({ tags, dropletTags }: UserTags): readonly string[] {
  return [...new Set([...namesOf(tags), ...dropletTags])];
}

/** @throws DaskFleetError `CONFIG_INVALID` for tags that DigitalOcean does not take, or that would be taken for the cluster's own */
export function assertUserTags({ tags, dropletTags }: UserTags): void {
  const names = namesOf(tags);
  const bad = names.find((name) => !TAG.test(name));
  if (bad !== undefined) {
    throw invalid(
      `The \`tags\` option would make the tag ${JSON.stringify(bad)}. DigitalOcean's tags are names: a key and its value become ` +
        "`key:value`, of letters, digits, `_`, `:` and `-`, 255 characters at most.",
    );
  }
  assertNotOurs("tags", names);
  assertNotOurs("dropletTags", dropletTags);
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
