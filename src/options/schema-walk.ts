import { z } from "zod";

import type { FieldMeta, Meaning } from "./fields.ts";

const PLAIN_WORDS: ReadonlyMap<string, string> = new Map([
  ["array", "a list"],
  ["boolean", "true or false"],
  ["number", "a number"],
  ["object", "a mapping"],
  ["record", "a mapping"],
  ["string", "a string"],
]);

export interface FieldWords {
  readonly aliasOf: string | undefined;
  readonly meaning: Meaning | undefined;
  /** Finishes "Expected the `x` option to be …". */
  readonly expected: string | undefined;
  /** The same for a text. */
  readonly expectedInText: string | undefined;
  /** The default in words, if the schema has none. */
  readonly absent: string | undefined;
  readonly plainText: boolean;
  readonly unit: FieldMeta["unit"];
  readonly needsUnit: boolean;
  readonly secret: boolean;
  readonly credential: boolean;
  readonly keys: "options" | "data" | "verbatim";
}

/** The schema below `.optional()`, `.default()`, `.readonly()` and transforms. */
export function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  return layersOf(schema).at(-1) ?? schema;
}

/** The metadata of a field, the outermost layer's words first. */
export function wordsOf(schema: z.core.$ZodType): FieldWords {
  const metas = layersOf(schema).map((layer) => z.globalRegistry.get(layer) ?? {});
  const expected = metas.map((meta) => meta["expected"]).find((words) => typeof words === "string");
  const inText = metas.map((meta) => meta["expectedInText"]).find((words) => typeof words === "string");
  const keys = metas.map((meta) => meta["keys"]).find((kind) => kind === "data" || kind === "verbatim");
  return {
    expected: expected ?? expectedOf(innermost(schema)),
    expectedInText: inText ?? expected ?? expectedOf(innermost(schema)),
    absent: metas.map((meta) => meta["absent"]).find((words) => typeof words === "string"),
    plainText: metas.some((meta) => meta["plainText"] === true),
    unit: metas.map((meta) => meta["unit"] as FieldMeta["unit"]).find((unit) => unit !== undefined),
    needsUnit: metas.some((meta) => meta["needsUnit"] === true),
    secret: metas.some((meta) => meta["secret"] === true),
    credential: metas.some((meta) => meta["credential"] === true),
    keys: keys ?? "options",
    aliasOf: metas.map((meta) => meta["aliasOf"]).find((name) => typeof name === "string"),
    meaning: metas.map((meta) => meta["meaning"] as Meaning | undefined).find((meaning) => meaning !== undefined),
  };
}

/** The schemas along a path into an option's value, as far as they are known. */
export function schemasAlong(schema: z.core.$ZodType, path: readonly PropertyKey[]): (z.core.$ZodType | undefined)[] {
  const found: (z.core.$ZodType | undefined)[] = [];
  let current: z.core.$ZodType | undefined = schema;
  for (const key of path) {
    current = current === undefined ? undefined : childSchema(innermost(current), key);
    found.push(current);
  }
  return found;
}

/** The default words of a schema. */
function expectedOf(schema: z.core.$ZodType): string | undefined {
  if (schema instanceof z.ZodUnion) {
    const words = schema.options.map((option) => wordsOf(option).expected);
    return words.includes(undefined) ? undefined : words.join(", or ");
  }
  return PLAIN_WORDS.get(schema._zod.def.type);
}

/** The schema of a part of a value, if it is known. */
export function childSchema(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<PropertyKey, z.core.$ZodType>> = schema.shape;
    return Object.hasOwn(shape, key) ? shape[key] : undefined;
  }
  // A name is a part of a mapping: of "a list or a mapping", `resources.GPU` is in the mapping.
  if (schema instanceof z.ZodArray) return typeof key === "number" ? schema.element : undefined;
  if (schema instanceof z.ZodUnion) {
    return schema.options.map((option) => childSchema(innermost(option), key)).find((child) => child !== undefined);
  }
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

/** The schema of the entries of a mapping of objects with options, such as worker groups. */
export function entriesSchema(field: z.core.$ZodType | undefined): z.ZodObject | undefined {
  const record = field === undefined ? undefined : innermost(field);
  const entry = record instanceof z.ZodRecord ? innermost(record.valueType) : undefined;
  return entry instanceof z.ZodObject ? entry : undefined;
}

/** A schema and the schemas below its `.optional()`, `.default()`, `.readonly()` and transforms, the outermost first. */
export function layersOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod as {
    readonly def: { readonly innerType?: z.core.$ZodType; readonly in?: z.core.$ZodType };
  };
  const inner = def.innerType ?? def.in;
  return inner === undefined ? [schema] : [schema, ...layersOf(inner)];
}
