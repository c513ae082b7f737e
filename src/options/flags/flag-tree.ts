import { types } from "node:util";

import * as z from "zod";

import { type ConfigNode, type ConfigTree, nodeOf, overlay, plain } from "../config-tree.ts";
import type { Environment } from "../environment.ts";
import { instead } from "../former-options.ts";
import { camelCase, kebabCase, snakeCase, spelledLike, variableFor } from "../option-names.ts";
import { childSchema, entriesSchema, innermost, schemasAlong, wordsOf } from "../schema-walk.ts";
import { withTextNames } from "../units/text-names.ts";
import { entryFlags, shortFormsIn } from "./flag-forms.ts";
import { fittingReading, isNothing, mayRepeat, textReadings } from "./flag-readings.ts";
import type { Flag } from "./flags.ts";

/** A flag's target: an option, or a part of one. */
interface Target {
  /** As in a section of Dask's configuration. */
  readonly path: readonly string[];
  readonly field: z.core.$ZodType | undefined;
  readonly isOption: boolean;
}

/**
 * The options of a section on a command line. Each text is read by its option's schema. `--env-vars.A=1` is inside the option
 * `envVars`. Faults are added to `problems`, without their values.
 */
export function flagTree(
  flags: readonly Flag[],
  schema: z.ZodObject,
  problems: string[],
  env: Environment = process.env,
): ConfigTree {
  const tree: ConfigTree = new Map();
  const entries = entryFlags(flags, schema, env, problems);
  const targets = entries.map((flag) => ({ flag, target: targetOf(flag.path, schema) }));
  for (const [, given] of Map.groupBy(targets, ({ target }) => JSON.stringify(target.path))) {
    const [first] = given;
    if (first === undefined) continue;
    const { field, isOption, path } = first.target;
    const fault =
      isOption && field === undefined
        ? unknownOption(first.flag, schema)
        : (unknownPart(first.flag, schema) ?? switchFault(first.flag, field));
    const node = fault ?? nodeFor(given.map(({ flag }) => flag) as [Flag, ...Flag[]], first.target);
    if (typeof node === "string") problems.push(node);
    else overlay(tree, nested(path, node));
  }
  return tree;
}

/** Whether the word after `--option` is its value, and not an operand: a switch takes only words that its schema accepts. */
export function takesWord(path: readonly string[], schema: z.ZodObject, word: string): boolean {
  const { field } = targetOf(path, schema);
  if (field === undefined || !accepts(field, true)) return true;
  return fittingReading(field, textReadings(field, word)) !== undefined || isNothing(word);
}

/** Whether a command line has an option by this name, without dashes: `max-lifetime`, `maxLifetimeMs`, `env`. */
export function isOption(name: string, schema: z.ZodObject): boolean {
  return Object.hasOwn(withTextNames(schema).shape, camelCase(name)) || shortFormsIn(schema).includes(name);
}

function targetOf([name = "", ...inner]: readonly string[], schema: z.ZodObject): Target {
  const option = camelCase(name);
  const shape: Readonly<Record<string, z.core.$ZodType>> = withTextNames(schema).shape;
  const field = Object.hasOwn(shape, option) ? shape[option] : undefined;
  if (field === undefined || inner.length === 0) return { path: [snakeCase(option)], field, isOption: true };
  return { ...inside(field, inner, [snakeCase(option)]), isOption: false };
}

function inside(
  field: z.core.$ZodType,
  [name = "", ...more]: readonly string[],
  path: readonly string[],
): Pick<Target, "path" | "field"> {
  const outer = innermost(field);
  const key = outer instanceof z.ZodObject ? snakeCase(camelCase(name)) : name;
  const child = childSchema(outer, outer instanceof z.ZodObject ? camelCase(name) : key);
  const reached = [...path, key];
  if (more.length === 0) return { path: reached, field: child };
  return child === undefined ? { path: [...reached, ...more], field: undefined } : inside(child, more, reached);
}

function nested([name = "", ...more]: readonly string[], node: ConfigNode): ConfigTree {
  const child = more.length === 0 ? node : { children: nested(more, node) };
  return new Map([[name, { ...child, written: name }]]);
}

function nodeFor(flags: readonly [Flag, ...Flag[]], { field, isOption }: Target): ConfigNode | string {
  const [flag] = flags;
  const source = { kind: "flag", flag: flag.written } as const;
  if (flags.length > 1) {
    const list = listOf(flags, field);
    return list === undefined ? `The option ${flag.written} is given twice.` : { readings: [list], source };
  }
  const { value } = flag;
  if (typeof value === "boolean") return { readings: [value], source };
  if (isOption && isNothing(value)) return { readings: [null], source };
  const readings = textReadings(field, value);
  const mapping = readings.find((reading) => types.isMap(reading.value));
  if (mapping !== undefined) return nodeOf(mapping.value, mapping.text, source);
  const [first, ...others] = readings.flatMap((reading) => [plain(reading.value), plain(reading.text)]);
  return { readings: [first, ...others], source };
}

/** Several flags of one list option, combined. */
function listOf(flags: readonly Flag[], field: z.core.$ZodType | undefined): readonly unknown[] | undefined {
  if (field === undefined || !mayRepeat(field)) return undefined;
  const items = flags.flatMap(({ value }) => {
    if (typeof value === "boolean") return [value];
    const readings = textReadings(field, value);
    return [(fittingReading(field, readings) ?? readings[0]).value].flat();
  });
  return innermost(field) instanceof z.ZodArray || accepts(field, items) ? items : undefined;
}

/**
 * The error about an unknown option. It names the nearest one as it was typed.
 *
 * @param own a command's own options, without dashes
 */
export function unknownOption(
  { written, path: [name] }: Flag,
  schema: z.ZodObject,
  own: readonly string[] = [],
): string {
  const spelled = (option: string): string => `--${spelledLike(name, option) ?? kebabCase(option)}`;
  const hint = instead(name, Object.keys(withTextNames(schema).shape), spelled, [...shortFormsIn(schema), ...own]);
  return `Unknown option "${written}". ${hint}`;
}

/** The error about an unknown name inside of an option, such as a worker group's: `--workers.gpu.instance-typ`. */
function unknownPart({ written, path: [name, ...inner] }: Flag, schema: z.ZodObject): string | undefined {
  let outer: z.core.$ZodType | undefined = childSchema(schema, camelCase(name));
  for (const [depth, part] of inner.entries()) {
    const within: z.core.$ZodType | undefined = outer === undefined ? undefined : innermost(outer);
    if (within === undefined) return undefined;
    if (within instanceof z.ZodObject) {
      const known = Object.keys(withTextNames(within).shape);
      if (!known.includes(camelCase(part))) {
        const place = [name, ...inner.slice(0, depth), ""].join(".");
        const lead = written.slice(0, written.indexOf(place) + place.length);
        const hint = instead(part, known, (option) => spelledLike(part, option) ?? kebabCase(option));
        return `Unknown option "${lead}${part}". ${hint.replace(/^(Did you mean|Here it is) "/u, `$&${lead}`)}`;
      }
    }
    outer = childSchema(within, within instanceof z.ZodObject ? camelCase(part) : part);
  }
  return undefined;
}

/** The fault of a flag without a value, or with `--no-`, whose option is not a switch. */
function switchFault({ written, value }: Flag, field: z.core.$ZodType | undefined): string | undefined {
  if (typeof value !== "boolean" || field === undefined || accepts(field, value)) return undefined;
  const { expectedInText: expected } = wordsOf(field);
  if (value) return `The option ${written} needs a value${expected === undefined ? "" : `: ${expected}`}.`;
  return `The option ${written} is not a switch, so it has no --no- form${expected === undefined ? "" : `: it takes ${expected}`}.`;
}

function accepts(field: z.core.$ZodType, value: unknown): boolean {
  return z.safeParse(field, value).success;
}

const NAMES_A_SECRET = /token|secret|passw|passphrase|credential|(?:api|access|private)[-_]?key/i;
/** Whether a name, such as a variable's, says that its value is a secret. */
export function namesASecret(name: string): boolean {
  return NAMES_A_SECRET.test(name);
}

const HOLDS_A_SECRET = /:\/\/[^/\s@:]*:[^/\s@]+@|-----BEGIN/;

/** Whether the last part of a path names an entry of a mapping of texts, such as the variable `from`. */
function isNameOf(field: z.core.$ZodType, inner: readonly string[]): boolean {
  return innermost(schemasAlong(field, inner).at(-2) ?? field) instanceof z.ZodRecord;
}

/** The secrecy of a part of an option. What is given as a whole, such as all worker groups, is as secret as any part of it. */
function secrecyAlong(field: z.core.$ZodType, path: readonly string[]): { secret: boolean; credential: boolean } {
  const along = [
    field,
    ...schemasAlong(
      field,
      path.map((name, depth) => (depth === 1 ? camelCase(name) : name)),
    ),
  ];
  const parts = path.length < 2 ? Object.values<z.core.$ZodType>(entriesSchema(field)?.shape ?? {}) : [];
  const words = [...along, ...parts].flatMap((each) => (each === undefined ? [] : [wordsOf(each)]));
  return {
    secret: words.some(({ secret }) => secret),
    credential: along.some((each) => each !== undefined && wordsOf(each).credential),
  };
}

/**
 * One line for each secret on a command line: what it is, and a better place. Every user of this computer can read a running command
 * line.
 */
export function exposedSecrets(flags: readonly Flag[], schema: z.ZodObject, section: string): readonly string[] {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  // {@link flagTree} reports a missing variable. Its value is not on the command line.
  const visible = entryFlags(flags, schema, {}, []).filter(({ isHidden }) => isHidden !== true);
  return visible.flatMap(({ written, path: [name, ...inner], value }) => {
    const option = camelCase(name);
    const field = Object.hasOwn(shape, option) ? shape[option] : undefined;
    if (field === undefined || typeof value === "boolean") return [];
    // A reference says where a secret is.
    if (inner.at(-2) !== undefined && inner.at(-1) === "from" && !isNameOf(field, inner)) return [];
    const { secret, credential } = secrecyAlong(field, inner);
    const looksSecret = NAMES_A_SECRET.test(inner.length > 0 ? inner.join(".") : value) || HOLDS_A_SECRET.test(value);
    if (!credential && !(secret && looksSecret)) return [];
    const [group, part = "", ...entry] = entriesSchema(field) === undefined ? [] : inner;
    const [place, keys] =
      group === undefined ? [[option], inner] : [[option, group, camelCase(part)].filter((each) => each !== ""), entry];
    const variable = [
      variableFor(section, option),
      ...place.slice(1).map((each) => snakeCase(each).toUpperCase()),
      ...keys,
    ].join("__");
    // A variable's name has no dot.
    const orVariable = variable.includes(".") ? "" : `, or the variable ${variable}`;
    const fromShell =
      place.at(-1) === "envVars" && keys.length > 0
        ? `--${[...place.slice(0, -1), "env"].join(".")} ${keys.join(".")} without a value, which takes the variable of this shell, `
        : "";
    return [
      `${written} holds a secret, and every user of this computer can read a command line. ` +
        `Better: ${fromShell}${place.map(snakeCase).join(".")} in a file in ~/.config/dask that only you can read${orVariable}.`,
    ];
  });
}
