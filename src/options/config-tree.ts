import { types } from "node:util";

/** Nested configuration, while files and environment are merged. */
export type ConfigTree = Map<string, ConfigNode>;

export type ConfigNode = ConfigBranch | ConfigLeaf;

interface ConfigBranch {
  readonly children: ConfigTree;
  /** The name in the environment variable, before Dask lower-cases it. */
  readonly written?: string | undefined;
  /** Where the mapping itself is, in a cluster file. */
  readonly source?: OptionSource | undefined;
}

export interface ConfigLeaf {
  /** Possible readings of the value, the likeliest first. `007` in YAML is a number, or text for a text option. */
  readonly readings: readonly [unknown, ...unknown[]];
  readonly source: OptionSource;
  readonly written?: string | undefined;
}

/** Turns parsed mappings (Maps) into a tree; `text` is the same value with scalars as they were written. */
export function nodeOf(value: unknown, text: unknown, source: OptionSource): ConfigNode {
  if (!types.isMap(value)) return { readings: [plain(value), plain(text)], source };
  const texts = types.isMap(text) ? text : value;
  const children: ConfigTree = new Map();
  for (const [key, item] of value) children.set(String(key), nodeOf(item, texts.get(key), source));
  return { children };
}

/** Merges `newer` into `older`, mapping by mapping: dask.config.update. */
export function overlay(older: ConfigTree, newer: ConfigTree): void {
  for (const [name, node] of newer) {
    const key = canonicalName(name, older);
    const existing = older.get(key);
    if ("children" in node) {
      const children: ConfigTree = existing !== undefined && "children" in existing ? existing.children : new Map();
      overlay(children, node.children);
      older.set(key, { children, written: node.written, source: node.source });
    } else {
      older.set(key, node);
    }
  }
}

/** `-` and `_` are equal, and the earlier form stays: dask.config.canonical_name. */
function canonicalName(name: string, tree: ConfigTree): string {
  if (tree.has(name)) return name;
  const other = name.includes("_") ? name.replaceAll("_", "-") : name.replaceAll("-", "_");
  return tree.has(other) ? other : name;
}

export function leavesOf(node: ConfigNode): ConfigLeaf[] {
  return "children" in node ? [...node.children.values()].flatMap(leavesOf) : [node];
}

/** Mappings as objects. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (types.isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  return value;
}

/** The source of an option's value. */
export type OptionSource =
  | { readonly kind: "flag"; readonly flag: string }
  /** A cluster file: `cluster.yaml:7 (max-lifetime)`. */
  | { readonly kind: "document"; readonly where: string }
  | { readonly kind: "keyword" }
  | { readonly kind: "constructor" }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "default" };

/** The end of an error's sentence, ` from DASK_CLOUDPROVIDER__LOCAL__N_WORKERS`. Empty for the constructor and defaults. */
export function fromWhere(source: OptionSource): string {
  if (source.kind === "flag") return ` from ${source.flag}`;
  if (source.kind === "document") return ` from ${source.where}`;
  if (source.kind === "keyword") return " from a keyword argument";
  if (source.kind === "environment") return ` from ${source.variable}`;
  if (source.kind === "file") return ` from ${source.path}`;
  return "";
}
