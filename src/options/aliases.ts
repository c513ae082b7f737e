import { isDeepStrictEqual } from "node:util";

import * as z from "zod";

import { isPlainObject } from "../plain-object.ts";
import type { OptionSource } from "./config-tree.ts";
import type { Alias } from "./fields.ts";
import { dotted } from "./option-names.ts";
import { contradiction, importanceOf, isGiven } from "./overlapping.ts";
import { entriesSchema, wordsOf } from "./schema-walk.ts";

/** Options without their aliases. */
export type WithoutAliases<Values> = {
  readonly [Name in keyof Values as NonNullable<Values[Name]> extends Alias ? never : Name]: Values[Name];
};

interface Origins {
  /** By option. An option without a source has its default. */
  readonly sources: Map<string, OptionSource>;
  /** Sources that set an option to `null`: they hide less important sources. */
  readonly withdrawn: ReadonlyMap<string, OptionSource>;
}

type Values = Readonly<Record<string, unknown>>;

const DEFAULT: OptionSource = { kind: "default" };

/**
 * Gives each option the value of its aliases: the most important source wins. Afterwards `sources` has only the options' own names.
 *
 * @param place where the options are, for errors: `["workers", "gpu"]`
 * @throws DaskFleetError `CONFIG_INVALID` if two names from the same source contradict each other
 */
export function resolveAliases(
  schema: z.ZodObject,
  values: Values,
  { sources, withdrawn }: Origins,
  place: readonly string[] = [],
): Values {
  const resolved: Record<string, unknown> = { ...values };
  for (const [option, aliases] of aliasesIn(schema)) {
    const field = schema.shape[option];
    const secret = field !== undefined && wordsOf(field).secret;
    let best = { name: option, value: values[option], written: values[option], source: sources.get(option) ?? DEFAULT };
    for (const alias of aliases) {
      const written = values[alias];
      delete resolved[alias];
      if (!isGiven(written)) continue;
      const value = meaningOf(schema.shape[alias], written, values[option]);
      const source = sources.get(alias) ?? DEFAULT;
      const ahead = importanceOf(source) - importanceOf(best.source);
      if (ahead === 0 && isGiven(best.value) && !isDeepStrictEqual(value, best.value)) {
        const [name, other] = [best.name, alias].map((each) => dotted([...place, each])) as [string, string];
        throw contradiction(name, best.written, other, written, { secret });
      }
      if (ahead > 0 || !isGiven(best.value)) best = { name: alias, value, written, source };
    }
    const names = [option, ...aliases];
    const isTakenBack = names.some((name) => importanceOf(withdrawn.get(name) ?? DEFAULT) > importanceOf(best.source));
    if (isTakenBack) best = { ...best, value: defaultOf(field), source: DEFAULT };
    resolved[option] = isGiven(best.value) ? best.value : undefined;
    for (const name of names) sources.delete(name);
    sources.set(option, best.source);
  }
  return resolved;
}

/** Options with the aliases inside of mappings of objects resolved, such as those of worker groups. */
export function withInnerAliases(schema: z.ZodObject, values: Values, { sources, withdrawn }: Origins): Values {
  const resolved = Object.entries(values).map(([option, value]) => {
    const inner = entriesSchema(schema.shape[option]);
    if (inner === undefined || !isPlainObject(value)) return [option, value] as const;
    const entries = Object.entries(value).map(([name, entry]) => {
      const path = [option, name];
      const origins = { sources: new Map(below(path, sources)), withdrawn: new Map(below(path, withdrawn)) };
      return [name, resolveAliases(inner, entry as Values, origins, path)] as const;
    });
    return [option, Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(resolved);
}

function below<Value>(path: readonly string[], all: ReadonlyMap<string, Value>): (readonly [string, Value])[] {
  const prefix = `${dotted(path)}.`;
  return [...all].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : []));
}

/** The aliases of a schema's options, by option. */
export function aliasesIn(schema: z.ZodObject): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const name of Object.keys(schema.shape)) {
    const option = aliasOf(schema, name);
    if (option !== undefined) found.set(option, [...(found.get(option) ?? []), name]);
  }
  return found;
}

/** The option that an alias stands for. */
export function aliasOf({ shape }: z.ZodObject, name: string): string | undefined {
  const field = shape[name];
  return field === undefined ? undefined : wordsOf(field).aliasOf;
}

function meaningOf(alias: z.core.$ZodType | undefined, value: unknown, beside: unknown): unknown {
  const meaning = alias === undefined ? undefined : wordsOf(alias).meaning;
  return meaning === undefined ? value : meaning(value as never, beside);
}

function defaultOf(field: z.core.$ZodType | undefined): unknown {
  return field === undefined ? undefined : z.safeParse(field, undefined).data;
}
