import * as z from "zod";

import { count, describe, type FieldMeta } from "../../options/fields.ts";
import { layersOf } from "../../options/schema-walk.ts";
import { GROUP_NAME } from "../worker-group.ts";
import { MERGED } from "./merged.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

/** A field below its defaults. */
type Plain<Field> = Field extends z.ZodDefault<infer Inner> | z.ZodOptional<infer Inner> ? Plain<Inner> : Field;

/** Options of a cluster that a group of workers may have of its own. */
export type OfGroup<Fields extends Shape, Name extends keyof Fields> = {
  readonly [Each in Name]: Plain<Fields[Each]> extends infer Field extends z.core.SomeType
    ? z.ZodOptional<Field>
    : never;
};

/** The size of a group. */
export const groupSizeFields = {
  count: describe(count().optional(), {
    description: "Number of the group's worker machines at the start.",
    absent: "`minimum`",
  }),
  minimum: describe(count().optional(), {
    description: "The group never has fewer machines than this, except at the end.",
    absent: "0",
  }),
  maximum: describe(count().optional(), {
    description: "The group never has more machines than this. `adapt()` without bounds needs it.",
    absent: "no bound",
  }),
  minWorkers: describe(count().optional(), {
    description: "`start()` fails if fewer machines of the group join in time.",
    absent: "`count`",
  }),
  resources: describe(z.record(z.string(), z.number().positive()).readonly().optional(), {
    description:
      "Abstract resources of each of the group's workers, such as `{ GPU: 1 }`: `resources` of `workerOptions`.",
    absent: "those of `workerOptions`",
    expected: "a mapping of names to numbers greater than 0",
    keys: "verbatim",
  }),
};

/**
 * Options of a cluster as options of a group: optional, and without a default of their own.
 *
 * @param names those that a group may have
 */
export function ofGroup<Fields extends Shape, const Name extends keyof Fields>(
  fields: Fields,
  ...names: readonly Name[]
): OfGroup<Fields, Name> {
  const isMerged = (name: PropertyKey): boolean => MERGED.some((each) => each === name);
  const entries = names.map((name) => [
    name,
    ofOneGroup(
      fields[name] as z.ZodType,
      isMerged(name) ? "the cluster's, to which a group's are added" : "the cluster's",
    ),
  ]);
  return Object.fromEntries(entries) as OfGroup<Fields, Name>;
}

function ofOneGroup(field: z.ZodType, absent: string): z.ZodType {
  const { sharedBy: _, ...meta } = metaOf(field);
  return describe(z.optional(plain(field)), { ...meta, ...(meta.aliasOf === undefined ? { absent } : {}) });
}

function plain(field: z.core.SomeType): z.core.SomeType {
  return field instanceof z.ZodDefault || field instanceof z.ZodOptional ? plain(field.unwrap()) : field;
}

/** What all layers of a field say of it; the outermost wins. */
function metaOf(field: z.core.$ZodType): FieldMeta {
  return Object.assign(
    {},
    ...layersOf(field)
      .map((layer) => z.globalRegistry.get(layer))
      .toReversed(),
  ) as FieldMeta;
}

const groupName = describe(z.string().regex(GROUP_NAME), {
  expected: "1 to 20 lower-case letters, digits and `-`, a letter first and no `-` at the end",
});

/**
 * The option `workers`.
 *
 * @param fields a group's own options beside its size
 * @param name the name of a group's interface
 * @param about its documentation
 */
export function workersField<Fields extends Shape>(
  fields: Fields,
  { name, about }: { readonly name: string; readonly about: string },
) {
  const group = describe(z.strictObject({ ...groupSizeFields, ...fields }), {
    name,
    description: about,
    expected: "a mapping of the group's options, such as `{ count: 4 }`",
  });
  return describe(z.record(groupName, group).readonly().optional(), {
    description:
      "Groups of workers by name, each with its own size and machines: `{ cpu: { count: 4 }, gpu: { maximum: 8 } }`. What a group does not say is the cluster's.",
    absent: "one group, `default`, of `nWorkers` machines",
    expected: "a mapping of names of worker groups to their options; a number of workers is `nWorkers`",
    keys: "data",
    output: `Readonly<Record<string, Resolved${name}>>`,
  });
}
