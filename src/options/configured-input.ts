import { z } from "zod";

import {
  type ConfigLeaf,
  type ConfigNode,
  type ConfigTree,
  type OptionSource,
  fromWhere,
  leavesOf,
} from "./config-tree.ts";
import { itemReadings, mayRepeat } from "./flags/flag-readings.ts";
import { instead } from "./former-options.ts";
import { camelCase, dotted, optionFor, snakeCase, spelledLike } from "./option-names.ts";
import { entriesSchema, innermost, wordsOf } from "./schema-walk.ts";
import type { FieldWords } from "./schema-walk.ts";
import { isNever, unitReadings } from "./units/unit-readings.ts";

/** Findings on the way from configuration to options. */
export interface Findings {
  /** Sources by dotted path, for options and their parts. */
  readonly sources: Map<string, OptionSource>;
  /** The written text of values, by the same paths. */
  readonly written: Map<string, unknown>;
  /** Sources of `null`, by the same paths: `null` hides less important sources. */
  readonly withdrawn: Map<string, OptionSource>;
  readonly problems: string[];
}

type Input = Record<string, unknown>;

/** Turns a section of the configuration into constructor-like options: names to camel case, `null` to absent. */
export function configuredInput(
  tree: ConfigTree,
  schema: z.ZodObject,
  findings: Findings,
  path: readonly string[] = [],
): Input {
  const input: Input = {};
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const options = Object.keys(shape);
  for (const [key, node] of tree) {
    const option = optionFor(key, options);
    const field = option === undefined ? undefined : shape[option];
    if (option === undefined || field === undefined) {
      const typed = node.written ?? key;
      const spelled = (each: string): string =>
        (/[A-Z]/.test(key) ? undefined : spelledLike(typed, each)) ?? snakeCase(each);
      const name = dotted([...path, typed]);
      findings.problems.push(`Unknown option "${name}"${sourcesOf(node)}. ${instead(key, options, spelled)}`);
      continue;
    }
    const value = fieldInput(node, field, findings, [...path, option]);
    if (value !== undefined) input[option] = value;
  }
  return input;
}

function fieldInput(given: ConfigNode, field: z.core.$ZodType, findings: Findings, path: readonly string[]): unknown {
  const node: ConfigNode =
    "readings" in given && isNever(field, given.readings) ? { ...given, readings: [null] } : given;
  const present = leavesOf(node).filter((leaf) => leaf.readings[0] !== null);
  // The source of a mapping with several parts is the most important part's.
  const source = (
    present.find((leaf) => leaf.source.kind === "flag") ??
    present.find((leaf) => leaf.source.kind === "document") ??
    present.find((leaf) => leaf.source.kind === "environment") ??
    present.at(-1)
  )?.source;
  if (source !== undefined) findings.sources.set(dotted(path), source);
  if (!("children" in node)) {
    if (source === undefined) {
      findings.withdrawn.set(dotted(path), node.source);
      return undefined;
    }
    findings.written.set(dotted(path), node.readings.at(1));
    return fitting(field, unitReadings(field, withItems(field, node)));
  }
  const schema = innermost(field);
  if (schema instanceof z.ZodObject) return configuredInput(node.children, schema, findings, path);
  if (schema instanceof z.ZodRecord && entriesSchema(field) !== undefined) {
    const entries = [...node.children].map(([key, inner]) => {
      const name = entryNamed(key, schema.keyType);
      return [name, fieldInput(inner, schema.valueType, findings, [...path, name])] as const;
    });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  const leaves = mappingLeaves(node.children, wordsOf(field).keys);
  for (const [name, leaf] of leaves) {
    findings.sources.set(dotted([...path, name]), leaf.source);
    findings.written.set(dotted([...path, name]), leaf.readings.at(1));
  }
  if (!(schema instanceof z.ZodRecord)) return fitting(field, [mapping(leaves, 0), mapping(leaves, 1)]);
  // Each entry has its own reading: a tag may be `no` beside a number.
  return Object.fromEntries([...leaves].map(([name, { readings }]) => [name, fitting(schema.valueType, readings)]));
}

/** A variable's name has no `-`: `…__WORKERS__BIG_GPU__MAXIMUM` is the group `big-gpu`. In Dask's configuration both are equal. */
function entryNamed(key: string, names: z.core.$ZodType): string {
  const dashed = key.replaceAll("_", "-");
  return !z.safeParse(names, key).success && z.safeParse(names, dashed).success ? dashed : key;
}

/** A variable may hold a list as the command line does. A file has lists of its own. */
function withItems(field: z.core.$ZodType, { readings, source }: ConfigLeaf): ConfigLeaf["readings"] {
  const raw = readings.at(-1);
  if (source.kind !== "environment" || typeof raw !== "string" || !mayRepeat(field)) return readings;
  return [...readings, ...itemReadings(raw)];
}

/** The reading that the schema accepts, else the first, for the error. */
function fitting(schema: z.core.$ZodType, readings: readonly [unknown, ...unknown[]]): unknown {
  const fit = readings.findIndex((reading) => z.safeParse(schema, reading).success);
  return readings[Math.max(fit, 0)];
}

/** The entries of an option that is a mapping; a mapping inside it is one value. */
function mappingLeaves(tree: ConfigTree, keys: FieldWords["keys"], prefix = ""): Map<string, ConfigLeaf> {
  const leaves = new Map<string, ConfigLeaf>();
  for (const [key, node] of tree) {
    const name = prefix + entryName(key, node, keys);
    if (!("children" in node)) {
      if (node.readings[0] !== null) leaves.set(name, node);
    } else if (keys === "verbatim" && node.written !== undefined && leavesOf(node)[0]?.source.kind !== "flag") {
      // `…__ENV_VARS__DASK_A__B=1` sets the variable DASK_A__B: Dask would read it as nesting, but it belongs to the name.
      for (const [inner, leaf] of mappingLeaves(node.children, keys, `${name}__`)) leaves.set(inner, leaf);
    } else {
      const inner = mappingLeaves(node.children, "data");
      const source = leavesOf(node)[0]?.source ?? { kind: "default" };
      leaves.set(name, { readings: [mapping(inner, 0), mapping(inner, 1)], source });
    }
  }
  return leaves;
}

function entryName(key: string, node: ConfigNode, keys: FieldWords["keys"]): string {
  if (keys === "options") return camelCase(key);
  return keys === "verbatim" ? (node.written ?? key) : key;
}

function mapping(leaves: ReadonlyMap<string, ConfigLeaf>, reading: number): Input {
  return Object.fromEntries(
    [...leaves].map(([name, { readings }]) => [name, readings[Math.min(reading, readings.length - 1)]]),
  );
}

function sourcesOf(node: ConfigNode): string {
  return [...new Set(leavesOf(node).map((leaf) => fromWhere(leaf.source)))].join(" and");
}
