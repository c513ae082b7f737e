import * as z from "zod";

import { metaOf } from "../../../src/options/documented.ts";

/** Which side of a schema: what a user writes, or what it becomes. */
export type Side = "input" | "output";

const PRIMITIVES: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  int: "number",
  boolean: "boolean",
  unknown: "unknown",
};

/**
 * A schema as TypeScript. What the schema cannot say stands in its metadata: `type`, `output` for what a transform gives, and `name`
 * for an object that is declared by itself.
 *
 * @throws Error for a schema that has no words in TypeScript
 */
export function typeText(schema: z.core.$ZodType, side: Side): string {
  const named = metaOf(schema, "name");
  if (typeof named === "string") return named;
  const said = (side === "output" ? metaOf(schema, "output") : undefined) ?? metaOf(schema, "type");
  if (typeof said === "string") return said;
  const { def } = schema._zod as { readonly def: Def };
  const of = (inner: z.core.$ZodType | undefined): string => (inner === undefined ? "unknown" : typeText(inner, side));
  switch (def.type) {
    case "optional":
    case "default":
    case "readonly":
      return of(def.innerType);
    case "pipe":
      return of(side === "input" ? def.in : def.out);
    case "union":
      return [...new Set(def.options?.map(of))].join(" | ");
    case "array":
      return `readonly ${/[ |]/.test(of(def.element)) ? `(${of(def.element)})` : of(def.element)}[]`;
    case "record":
      return `Readonly<Record<string, ${of(def.valueType)}>>`;
    case "enum":
      return Object.values(def.entries ?? {})
        .map((word) => JSON.stringify(word))
        .join(" | ");
    case "literal":
      return (def.values ?? []).map((value) => JSON.stringify(value)).join(" | ");
    case "object":
      return objectText(schema as z.ZodObject, side);
    default: {
      const text = PRIMITIVES[def.type];
      if (text === undefined) throw new Error(`A schema of the type ${def.type} needs \`type\` in its metadata.`);
      return text;
    }
  }
}

/** Whether a key may be left out, and whether it may be there with `undefined`. */
export function modifiers(schema: z.core.$ZodType, side: Side): { readonly optional: boolean; readonly or: string } {
  const optional = (side === "input" ? schema._zod.optin : schema._zod.optout) !== undefined;
  const isExact = schema instanceof z.ZodExactOptional;
  return { optional, or: optional && !isExact ? " | undefined" : "" };
}

interface Def {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

function objectText(schema: z.ZodObject, side: Side): string {
  const members = Object.entries(schema.shape).map(([name, field]) => {
    const { optional, or } = modifiers(field, side);
    const description = metaOf(field, "description");
    const comment = typeof description === "string" ? `/** ${description} */\n` : "";
    return `${comment}readonly ${name}${optional ? "?" : ""}: ${typeText(field, side)}${or}`;
  });
  const isOpen = schema._zod.def.catchall instanceof z.ZodUnknown;
  const more = isOpen ? ["/** Whatever else there is. */\nreadonly [more: string]: unknown"] : [];
  return `{\n${[...members, ...more].join(";\n")};\n}`;
}
