import type { z } from "zod";

import { DaskFleetError } from "../errors.ts";
import { homeDirectory } from "../files/home.ts";
import { isPlainObject } from "../plain-object.ts";
import { type WithoutAliases, aliasOf, resolveAliases, withInnerAliases } from "./aliases.ts";
import { readConfigFiles } from "./config-files.ts";
import { type ConfigTree, type OptionSource, fromWhere, leavesOf, overlay } from "./config-tree.ts";
import { configuredInput } from "./configured-input.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { flagTree } from "./flags/flag-tree.ts";
import { carriedBy } from "./flags/flags.ts";
import { instead } from "./former-options.ts";
import { keywordTree } from "./keywords.ts";
import { optionFor, snakeCase } from "./option-names.ts";
import { problemLines } from "./problem-words.ts";
import { showValue } from "./show-value.ts";
import { withTextNames } from "./units/text-names.ts";

export interface OptionsRequest {
  /**
   * The section below `cloudprovider` in Dask's configuration, such as `local` or `ec2`. Where it is dotted, as in
   * `azure.azurevm`, the outer section's own options count too and the inner one's win.
   */
  readonly section: string;
  /** The constructor's options. `undefined`, also as a value, means "not given". */
  readonly options?: object | undefined;
  /** @default process.env */
  readonly env?: Environment | undefined;
  /** @default env.HOME, or else the user's home according to the system */
  readonly home?: string | undefined;
  /** What a relative DASK_CONFIG is relative to. @default process.cwd() */
  readonly cwd?: string | undefined;
}

export interface ResolvedOptions<Schema extends z.ZodObject> {
  /**
   * Checked, with defaults, copied and deeply frozen. An option without value or default is absent. An alias's value is its
   * option's.
   */
  readonly values: WithoutAliases<z.output<Schema>>;
  /** The source of each of the schema's options. */
  readonly sources: Readonly<Record<keyof WithoutAliases<z.output<Schema>>, OptionSource>>;
}

/**
 * The only way from given options to resolved ones: command line > cluster file > keyword arguments > constructor > environment >
 * YAML > the schema's defaults.
 *
 * - The command line and a cluster file come with the options (`carrying`); each text is read by its option's own schema.
 * - Environment and files follow Dask's own rules (dask.config): `DASK_CLOUDPROVIDER__LOCAL__N_WORKERS=2` is
 *   `cloudprovider: {local: {n-workers: 2}}`, values are Python literals, and mappings are merged. The constructor's
 *   value replaces a mapping as a whole; the command line's and the file's are merged into whichever there is.
 * - Python's keyword arguments come with the options, too, are spelled as in the configuration, and replace as the constructor does.
 * - Absent is `undefined` in the constructor and `null` (`None`) elsewhere, where it hides what is less important, as in Dask.
 *   `false`, `0` and `""` are values.
 * - Unknown names and bad values are errors, all of one call in one `CONFIG_INVALID`, a line each, with their source as it was
 *   written.
 */
export function resolveOptions<Schema extends z.ZodObject>(
  schema: Schema,
  { options: asked, ...where }: OptionsRequest,
): ResolvedOptions<Schema> {
  const sources = new Map<string, OptionSource>();
  const written = new Map<string, unknown>();
  const withdrawn = new Map<string, OptionSource>();
  const problems: string[] = [];
  const names = Object.keys(schema.shape);
  const options = asked ?? {};
  const line = carriedBy(options);
  const { flags = [], defaults = {}, document, keywords } = line ?? {};
  const inText = withTextNames(schema);
  const named = keywordTree(keywords ?? {});
  const byKeyword = Object.keys(inText.shape).filter((name) => named.has(snakeCase(name)));
  const given = withoutNames(constructorInput(options, schema, problems), byKeyword);
  const said: ConfigTree = new Map();
  overlay(said, document?.tree ?? new Map());
  overlay(said, flagTree(flags, schema, problems, where.env));
  // The constructor replaces a mapping of the configuration's as a whole.
  const replaced = [...Object.keys(given), ...byKeyword];
  const configuration = [...configurationOf(where, problems)];
  const tree = new Map([...configuration.filter(([key]) => optionFor(key, replaced) === undefined), ...named]);
  overlay(tree, said);
  const configured = configuredInput(tree, inText, { sources, written, withdrawn, problems });
  const flagged = Object.keys(inText.shape).filter((name) => said.has(snakeCase(name)));
  const input = presentIn({ ...configured, ...withFlags(given, configured, flagged) });
  for (const name of Object.keys(given)) if (!flagged.includes(name)) sources.set(name, { kind: "constructor" });
  const known = Object.entries(defaults).filter(([name]) => names.includes(name));
  const result = inText.safeParse({ ...Object.fromEntries(known), ...input });
  if (!result.success) {
    const { section } = where;
    const spelling = line === undefined ? "constructor" : keywords === undefined ? "flag" : "keyword";
    const checked = { schema: inText, section, input, sources, written, spelling, document: document?.path } as const;
    problems.push(...problemLines(result.error.issues, checked));
  }
  if (!result.success || problems.length > 0) throw new DaskFleetError("CONFIG_INVALID", problems);
  const origins = { sources, withdrawn };
  const values = resolveAliases(inText, withInnerAliases(inText, result.data, origins), origins);
  const provenance = names
    .filter((name) => aliasOf(schema, name) === undefined)
    .map((name) => [name, sources.get(name) ?? { kind: "default" }]);
  return {
    values: frozenCopy(values) as ResolvedOptions<Schema>["values"],
    sources: frozenCopy(Object.fromEntries(provenance)) as ResolvedOptions<Schema>["sources"],
  };
}

/** The constructor's options without unknown and absent ones. */
function constructorInput(options: object, schema: z.ZodObject, problems: string[]): Record<string, unknown> {
  const known = Object.keys(schema.shape);
  if (Array.isArray(options) || typeof options !== "object") {
    problems.push(`Expected the options to be an object, got ${showValue(options, false)}`);
    return {};
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (known.includes(name)) continue;
    const hint = known.includes(`${name}Ms`)
      ? `In a program it is "${name}Ms", in milliseconds.`
      : instead(name, known, (option) => option);
    problems.push(`Unknown option "${name}". ${hint}`);
  }
  return Object.fromEntries(given.filter(([name]) => known.includes(name)));
}

/** The constructor's options, with the command line applied. */
function withFlags(
  given: Readonly<Record<string, unknown>>,
  configured: Readonly<Record<string, unknown>>,
  flagged: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (!flagged.includes(name)) return [name, value];
      return [name, merged(value, configured[name])];
    }),
  );
}

/** Mappings are merged at every depth; everything else is replaced. */
function merged(value: unknown, over: unknown): unknown {
  if (!isPlainObject(value) || !isPlainObject(over)) return over;
  const entries = Object.entries(over).map(([name, inner]) => [name, merged(value[name], inner)]);
  return { ...value, ...Object.fromEntries(entries) };
}

function withoutNames(input: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));
}

function presentIn(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}

/** A section's options in the environment and the configuration files. */
function configurationOf(
  { section, env = process.env, home = homeDirectory(env), cwd = process.cwd() }: Omit<OptionsRequest, "options">,
  problems: string[],
): ConfigTree {
  const config = readConfigFiles({ env, home, cwd }, problems);
  overlay(config, readEnvironment(env));
  return sectionOf(config, section, problems);
}

/** The options of a section, including those of its outer sections. */
function sectionOf(config: ConfigTree, section: string, problems: string[]): ConfigTree {
  const merged: ConfigTree = new Map();
  let inside = config;
  const names = ["cloudprovider", ...section.split(".")];
  for (const [depth, name] of names.entries()) {
    const node = inside.get(name);
    if (node === undefined) break;
    if (!("children" in node)) {
      const [leaf] = leavesOf(node);
      const path = names.slice(0, depth + 1).join(".");
      if (leaf !== undefined && leaf.readings[0] !== null) {
        problems.push(
          `Expected the \`${path}\` section to be a mapping, got ${showValue(leaf.readings[0], true)}${fromWhere(leaf.source)}`,
        );
      }
      break;
    }
    inside = node.children;
    const innerSection = names[depth + 1];
    if (depth > 0) overlay(merged, new Map([...inside].filter(([key]) => key !== innerSection)));
  }
  return merged;
}

/**
 * A deeply frozen copy, so that two clusters never share an option. Instances of classes are passed by reference; properties that are
 * `undefined` are left out.
 */
export function frozenCopy<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(copy));
  if (!isPlainObject(value)) return value;
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.freeze(Object.fromEntries(present.map(([key, item]) => [key, copy(item)])));
}
