import * as z from "zod";

import { type DocumentedOption, documentedOptions, metaOf } from "./documented.ts";
import type { SharedBy } from "./fields.ts";
import { isMapping, shortFormsOf } from "./flags/flag-forms.ts";
import { mayRepeat } from "./flags/flag-readings.ts";
import { kebabCase, variableFor, withoutUnit } from "./option-names.ts";
import { entriesSchema, innermost, wordsOf } from "./schema-walk.ts";
import { textNameOf } from "./units/text-names.ts";

/** An option as the command line's help shows it. Texts are plain, without Markdown. */
export interface OptionHelp {
  /** `--max-lifetime` */
  readonly option: string;
  /** Its value: `<duration>`, `<size>`, `<n>`, `<text>`, `<docker|native>`, `<name=value>`, or `[true|false]` for a switch. */
  readonly value: string;
  /** Whether it can be given several times. */
  readonly repeatable: boolean;
  /** What it is, in one sentence without its full stop. */
  readonly brief: string;
  /** Its default in words, such as `20 minutes`, `none` or `as --start-timeout`. */
  readonly otherwise: string;
  /** Its environment variable: `DASK_CLOUDPROVIDER__EC2__MAX_LIFETIME`. */
  readonly environment: string;
  /** Other names with the same meaning: `--filesystem-size`, `--max-lifetime-ms`, and `--env` for an entry of `--env-vars`. */
  readonly aliases: readonly string[];
  /** Whether its value is a secret, which belongs into a file or the environment. */
  readonly isSecret: boolean;
  readonly group: OptionGroup;
}

export type OptionGroup = `of ${SharedBy}` | "of this provider";

/** A help line for each option that a command line can give, in the schema's order. */
export function optionHelp({
  section,
  schema,
}: {
  readonly section: string;
  readonly schema: z.ZodObject;
}): readonly OptionHelp[] {
  return documentedOptions(schema)
    .filter(({ programOnly, isPlainAlias }) => !programOnly && !isPlainAlias)
    .map((option) => helpOf(option, section, schema));
}

/**
 * A help line for each option of an entry of a mapping, such as a worker group: `--workers.GROUP.instance-type`. None where the schema
 * has no such mapping.
 *
 * @param entry what stands for the entry's name
 */
export function entryHelp(
  { section, schema }: { readonly section: string; readonly schema: z.ZodObject },
  entry: string,
): readonly OptionHelp[] {
  const fields: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  return Object.entries(fields).flatMap(([outer, field]) => {
    const inner = entriesSchema(field);
    if (inner === undefined) return [];
    const within = (option: string): string => `--${kebabCase(outer)}.${entry}.${option.replace(/^--/u, "")}`;
    return optionHelp({ section: `${section}.${outer}.${entry}`, schema: inner }).map((help) => ({
      ...help,
      option: within(help.option),
      aliases: help.aliases.map(within),
    }));
  });
}

function helpOf(documented: DocumentedOption, section: string, schema: z.ZodObject): OptionHelp {
  const { name, field, brief, otherwise, aliases, aliasOf, outer } = documented;
  const sharedBy = metaOf(field, "sharedBy") as SharedBy | undefined;
  const spelled = textNameOf(name, field);
  const names = new Set(Object.keys(schema.shape));
  const all = [name, ...aliases];
  const [option = spelled, ...others] = new Set([
    ...shortFormsOf(name, schema),
    ...all.map((each) => textNameOf(each, field)),
    ...all,
  ]);
  return {
    option: `--${kebabCase(option)}`,
    value: valueOf(field),
    repeatable: isMapping(field) || mayRepeat(field),
    brief: asTyped(brief, names),
    otherwise: aliasOf === undefined ? asTyped(otherwise, names) : `from --${kebabCase(withoutUnit(aliasOf))}`,
    environment: variableFor(outer ? (section.split(".")[0] ?? section) : section, spelled),
    aliases: others.map((each) => `--${kebabCase(each)}`),
    isSecret: wordsOf(field).credential,
    group: sharedBy === undefined ? "of this provider" : `of ${sharedBy}`,
  };
}

function valueOf(field: z.core.$ZodType): string {
  const { unit } = wordsOf(field);
  if (unit !== undefined) return unit === "ms" ? "<duration>" : "<size>";
  const words = wordsFor(innermost(field));
  if (words === undefined) return isMapping(field) ? "<name=value>" : "<text>";
  const [first = ""] = words;
  if (words.length === 1 && first.startsWith("<")) return first;
  return words.includes("true") ? `[${words.join("|")}]` : `<${words.join("|")}>`;
}

/** The words that an option takes, or `<n>`; undefined for an open set. */
function wordsFor(schema: z.core.$ZodType): readonly string[] | undefined {
  if (schema instanceof z.ZodBoolean) return ["true", "false"];
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String).filter((word) => word !== "");
  if (schema instanceof z.ZodNumber) return ["<n>"];
  if (!(schema instanceof z.ZodUnion)) return undefined;
  // A mapping beside words is given by its parts: `--security.delivery`.
  const each = schema.options
    .filter((option) => !(option instanceof z.ZodCustom || option instanceof z.ZodObject))
    .map((option) => wordsFor(innermost(option)));
  return each.includes(undefined) ? undefined : each.flatMap((words) => words ?? []);
}

/** A text with the options' names as a command line has them, without Markdown: `publicIp: false` is --public-ip=false. */
function asTyped(text: string, names: ReadonlySet<string>): string {
  return text.replaceAll(/`([^`]*)`/gu, (_, code: string) => {
    const [, name = "", inner = "", value] = /^(\w+)((?:\.\w+)*)(?:: (\S+))?$/u.exec(code) ?? [];
    // A word such as `python` may also be a command.
    const isOption = names.has(name) && (value !== undefined || /[A-Z]/.test(name));
    if (!isOption) return code;
    return `--${kebabCase(withoutUnit(name))}${inner}${value === undefined ? "" : `=${value}`}`;
  });
}
