import * as z from "zod";

import { durationInFull } from "../text/durations.ts";
import { aliasesIn } from "./aliases.ts";
import { snakeCase } from "./option-names.ts";
import { innermost, layersOf, wordsOf } from "./schema-walk.ts";
import { textNameOf } from "./units/text-names.ts";

/** An option's documentation. Texts are Markdown, with names of options in backquotes. */
export interface DocumentedOption {
  readonly name: string;
  readonly field: z.ZodType;
  /** The first sentence, without its full stop. */
  readonly brief: string;
  /** The whole description. */
  readonly description: string;
  /** The name that texts have: `idleTimeout` for `idleTimeoutMs`. */
  readonly textName: string;
  /** The unit of its numbers, if its name has one. */
  readonly unit: "milliseconds" | undefined;
  /** The default in words. */
  readonly otherwise: string;
  /** The schema's default, if it has one. */
  readonly fallback: unknown;
  /** Aliases with the same meaning. */
  readonly aliases: readonly string[];
  /** The option that this alias stands for. It is plain if it has no description of its own. */
  readonly aliasOf: string | undefined;
  readonly isPlainAlias: boolean;
  readonly programOnly: boolean;
  readonly outer: boolean;
}

/**
 * The documentation of each option of a schema, from the schema alone.
 *
 * @throws Error for an option without a description
 */
export function documentedOptions(schema: z.ZodObject): readonly DocumentedOption[] {
  const aliases = aliasesIn(schema);
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  return Object.entries(shape).map(([name, field]) => {
    const { aliasOf } = wordsOf(field);
    const said = metaOf(field, "description");
    const description = aliasOf === undefined ? said : (said ?? `Alias of \`${aliasOf}\`: dask-cloudprovider's name.`);
    if (typeof description !== "string") throw new Error(`The option ${name} has no description.`);
    const fallback = aliasOf === undefined ? fallbackOf(field) : undefined;
    const unit = wordsOf(field).unit === "ms" ? "milliseconds" : undefined;
    const absent = metaOf(field, "absent");
    return {
      name,
      textName: textNameOf(name, field),
      field,
      description,
      brief: firstSentence(description),
      unit,
      fallback,
      otherwise: typeof absent === "string" ? absent : valueInWords(fallback, unit),
      aliases: (aliases.get(name) ?? []).filter((alias) => metaOf(shape[alias], "description") === undefined),
      aliasOf,
      isPlainAlias: aliasOf !== undefined && said === undefined,
      programOnly: metaOf(field, "programOnly") === true,
      outer: metaOf(field, "outer") === true,
    };
  });
}

/** The metadata of a field, the outermost layer's first. */
export function metaOf(field: z.core.$ZodType | undefined, name: string): unknown {
  return (field === undefined ? [] : layersOf(field))
    .map((layer) => z.globalRegistry.get(layer)?.[name])
    .find((value) => value !== undefined);
}

/** A description with the options' names as a text file spells them, by default in snake case; durations without their unit. */
export function asConfigured(text: string, schema: z.ZodObject, spelled = snakeCase): string {
  const names = new Map(namesIn(schema));
  return text.replaceAll(/`[^`]*`/gu, (code) =>
    code.replaceAll(/\b[a-z]+[A-Z]\w*\b/gu, (name) => {
      const written = names.get(name);
      return written === undefined ? name : spelled(written);
    }),
  );
}

/** The names of options and their parts, each with that in texts. */
function namesIn(schema: z.core.$ZodType): readonly (readonly [string, string])[] {
  const inner = innermost(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(namesIn);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([name, field]) => [
    [name, textNameOf(name, field)] as const,
    ...namesIn(field),
  ]);
}

function firstSentence(text: string): string {
  const end = /\.(?= [A-Z0-9`"[])|\.$/u.exec(text);
  return end === null ? text : text.slice(0, end.index);
}

function fallbackOf(field: z.ZodType): unknown {
  const result = field.safeParse(undefined);
  return result.success ? result.data : undefined;
}

function valueInWords(value: unknown, unit: DocumentedOption["unit"]): string {
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0))
    return "none";
  if (unit === undefined || typeof value !== "number")
    return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
  return durationInFull(value);
}
