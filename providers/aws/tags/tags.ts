import type { ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";

import type { CapacityType } from "../../../src/cloud/machines/placement.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { OUR_TAGS, type Whose, groupIn } from "../../../src/provider/tags.ts";

type Tags = Readonly<Record<string, string>>;

/** EC2 takes 50 on a resource; besides the cluster's own, `Name` is ours too. */
const MOST_TAGS = 50 - OUR_TAGS.length - 1;

/** @throws DaskFleetError `CONFIG_INVALID` for tags that EC2 would refuse, or that would hide the cluster's own. */
export function assertUserTags(option: string, tags: Tags): void {
  for (const [key, value] of Object.entries(tags)) {
    const trouble = troubleWith(key, value);
    if (trouble !== undefined) throw invalid(`The tag ${JSON.stringify(key)} of the \`${option}\` option ${trouble}.`);
  }
  assertRoom(`\`${option}\` option has`, tags);
}

/** @throws DaskFleetError `CONFIG_INVALID` for tags of two options that are too many together. */
export function assertTogether(options: readonly [common: string, more: string], common: Tags, tags: Tags): void {
  const names = options.map((option) => `\`${option}\``).join(" and ");
  assertRoom(`${names} options together have`, { ...common, ...tags });
}

function assertRoom(what: string, tags: Tags): void {
  if (Object.keys(tags).length <= MOST_TAGS) return;
  throw invalid(`The ${what} more than ${MOST_TAGS} tags, EC2's limit.`);
}

function troubleWith(key: string, value: string): string | undefined {
  if (OUR_TAGS.includes(key)) return "is dask-fleet's own: it finds the cluster's machines by it";
  if (key === "" || Array.from(key).length > 128) return "needs a name of 1 to 128 characters";
  if (/^aws:/i.test(key)) return 'begins with "aws:", which AWS keeps for itself';
  return Array.from(value).length > 256 ? "has a value of more than 256 characters" : undefined;
}

/** What RunInstances writes on each thing that it makes. */
export function machineTagSpecifications(
  tags: Tags,
  {
    tags: common,
    instanceTags,
    volumeTags,
    capacityType,
  }: {
    readonly tags: Tags;
    readonly instanceTags: Tags;
    readonly volumeTags: Tags;
    readonly capacityType: CapacityType;
  },
): TagSpecification[] {
  const name = nameOf(tags);
  const likeMachines: ResourceType[] = [
    "instance",
    "network-interface",
    ...(capacityType === "spot" ? ["spot-instances-request" as const] : []),
  ];
  return [
    ...likeMachines.map((type) => specification(type, { Name: name, ...common, ...instanceTags, ...tags })),
    specification("volume", { Name: name, ...common, ...volumeTags, ...tags }),
  ];
}

export function specification(type: ResourceType, tags: Tags): TagSpecification {
  return { ResourceType: type, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}

/** For human eyes: `dask-1a2b3c4d-worker`, or `dask-1a2b3c4d-gpu` for a group of workers with a name of its own. */
function nameOf(tags: Tags): string {
  const { "cluster-name": cluster = "", role } = tags;
  return role === undefined ? cluster : `${cluster}-${groupIn(tags) ?? role}`;
}

/** A resource's tags as EC2 describes them. */
export function tagsFrom(tags: readonly Tag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Filters that find what clusters of one name have made, or all of dask-fleet's; `isWhose` tells one cluster from others of its name. */
export function tagFilters(whose: Whose): { Name: string; Values: string[] }[] {
  return [
    { Name: "tag:creator", Values: ["dask-fleet"] },
    ...(whose === undefined ? [] : [{ Name: "tag:cluster-name", Values: [whose.name] }]),
  ];
}
