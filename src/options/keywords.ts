import { isPlainObject } from "../plain-object.ts";
import { type ConfigTree, nodeOf } from "./config-tree.ts";

const SOURCE = { kind: "keyword" } as const;

/**
 * Python's keyword arguments as a section of Dask's configuration: they are spelled alike, and keys inside a value stay as they are.
 * `None` is "not given", as in dask-cloudprovider.
 */
export function keywordTree(keywords: Readonly<Record<string, unknown>>): ConfigTree {
  const given = Object.entries(keywords).filter(([, value]) => value !== undefined && value !== null);
  return new Map(given.map(([name, value]) => [name, nodeOf(mapped(value), mapped(value, inPython), SOURCE)]));
}

/** Mappings as Maps, as parsers of configuration give them. */
function mapped(value: unknown, scalar: (value: unknown) => unknown = (each) => each): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, scalar));
  if (isPlainObject(value)) return new Map(Object.entries(value).map(([key, item]) => [key, mapped(item, scalar)]));
  return scalar(value);
}

/** What `str()` makes of a value, for options that are texts: `env_vars={"DEBUG": True}`. */
function inPython(value: unknown): unknown {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? String(value) : value;
}
