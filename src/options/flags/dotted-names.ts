import * as z from "zod";

import { camelCase } from "../option-names.ts";
import { innermost } from "../schema-walk.ts";

/**
 * The names of a path inside of an option whose entries may have dots in their names: `ghcr`, `io`, `username` are `ghcr.io` and
 * `username`. The longest end that an entry's schema knows is inside of the entry; without any, all is the entry's name. Paths that
 * the schema does not know stay as they are.
 */
export function withDottedNames(field: z.core.$ZodType, names: readonly string[]): readonly string[] {
  return namesIn(field, names) ?? names;
}

function namesIn(field: z.core.$ZodType, names: readonly string[]): readonly string[] | undefined {
  const [name, ...more] = names;
  const schema = innermost(field);
  if (name === undefined || schema instanceof z.ZodUnknown || schema instanceof z.ZodAny) return names;
  if (schema instanceof z.ZodUnion) return firstOf(schema.options, (option) => namesIn(option, names));
  if (schema instanceof z.ZodRecord) return entryIn(schema, names);
  if (!(schema instanceof z.ZodObject)) return undefined;
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const part = Object.hasOwn(shape, camelCase(name)) ? shape[camelCase(name)] : undefined;
  const inner = part === undefined ? undefined : namesIn(part, more);
  return inner === undefined ? undefined : [name, ...inner];
}

function entryIn({ keyType, valueType }: z.ZodRecord, names: readonly string[]): readonly string[] | undefined {
  return firstOf(
    names.map((_, index) => index + 1),
    (length) => {
      const key = names.slice(0, length).join(".");
      const inner = z.safeParse(keyType, key).success ? namesIn(valueType, names.slice(length)) : undefined;
      return inner === undefined ? undefined : [key, ...inner];
    },
  );
}

function firstOf<Each, Found>(all: readonly Each[], find: (each: Each) => Found | undefined): Found | undefined {
  for (const each of all) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}
