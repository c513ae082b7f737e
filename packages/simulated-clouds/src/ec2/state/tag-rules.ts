import type { ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";

import { Ec2Error, invalidValue, missing } from "../errors.ts";

/** Tags that a call puts on what it makes, by the kind of resource. */
export type TagsByType = ReadonlyMap<string, ReadonlyMap<string, string>>;

const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
/** What tags must look like that an instance can read from its own metadata. */
const METADATA_KEY = /^[\w\-+=,.@:]{1,255}$/u;

/** @throws Ec2Error where a kind of resource cannot be tagged by this call, or a tag is not as EC2 has it. */
export function tagsByType(
  specifications: readonly TagSpecification[] | undefined,
  taggable: readonly ResourceType[],
): TagsByType {
  const byType = new Map<string, Map<string, string>>();
  for (const { ResourceType: type, Tags = [] } of specifications ?? []) {
    if (type === undefined) throw missing("ResourceType");
    if (!taggable.includes(type)) {
      throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
    }
    if (byType.has(type))
      throw invalidValue(`The resource type '${type}' is given more than once in TagSpecifications`);
    if (Tags.length === 0) throw invalidValue("Tag specification must have at least one tag");
    byType.set(type, checkedTags(Tags));
  }
  return byType;
}

export function checkedTags(tags: readonly Tag[]): Map<string, string> {
  const checked = new Map<string, string>();
  for (const { Key: key, Value: value = "" } of tags) {
    if (key === undefined || key === "") throw missing("Tag.Key");
    if (checked.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    if (key.length > LONGEST_KEY) throw invalidValue(`Tag key exceeds the maximum length of ${LONGEST_KEY} characters`);
    if (value.length > LONGEST_VALUE) {
      throw invalidValue(`Tag value exceeds the maximum length of ${LONGEST_VALUE} characters`);
    }
    if (/^aws:/iu.test(key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
    checked.set(key, value);
  }
  if (checked.size > MOST_TAGS) throw tooMany();
  return checked;
}

/** Adds tags to what has some. */
export function addTags(to: Map<string, string>, tags: ReadonlyMap<string, string>): void {
  const all = new Map([...to, ...tags]);
  if (all.size > MOST_TAGS) throw tooMany();
  for (const [key, value] of tags) to.set(key, value);
}

/** @throws Ec2Error where an instance that shall see its tags in its metadata could not. */
export function checkMetadataTags(tags: ReadonlyMap<string, string> = new Map()): void {
  for (const key of tags.keys()) {
    if (!METADATA_KEY.test(key) || [".", "..", "_index"].includes(key)) {
      throw invalidValue(
        `'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
      );
    }
  }
}

export function tagList(tags: ReadonlyMap<string, string>): Tag[] {
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

function tooMany(): Ec2Error {
  return new Ec2Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
}
