import { type ConfigNode, type ConfigTree, fromWhere, leavesOf } from "../options/config-tree.ts";
import { didYouMean } from "../options/option-names.ts";
import { showValue } from "../options/show-value.ts";

/** ` from cluster.yaml:7 (workers)`. */
export function placeOf(node: ConfigNode): string {
  const source = node.source ?? leavesOf(node)[0]?.source;
  return source === undefined ? "" : fromWhere(source);
}

/** The value of a node as Dask would read it; a mapping is undefined. */
export function valueOf(node: ConfigNode): unknown {
  return "children" in node ? undefined : node.readings[0];
}

/** Whether a node says nothing: `null` keeps the default. */
export function isAbsent(node: ConfigNode | undefined): boolean {
  return node === undefined || (!("children" in node) && node.readings[0] === null);
}

/** The text of a scalar as it is written; undefined for a list or a mapping. */
export function textOf(node: ConfigNode): string | undefined {
  if ("children" in node) return undefined;
  const text = node.readings.find((reading) => typeof reading === "string") ?? node.readings[0];
  return typeof text === "string" || typeof text === "number" || typeof text === "boolean" ? String(text) : undefined;
}

/** The texts of a list, or of one text; undefined for anything else. */
export function textsOf(node: ConfigNode): readonly string[] | undefined {
  const single = textOf(node);
  if (single !== undefined) return [single];
  if ("children" in node) return undefined;
  const list = node.readings.at(-1);
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
}

/** A fault of a node: `Expected workers to be a number, got "x" (string) from cluster.yaml:3 (workers)`. */
export function unexpected(what: string, expected: string, node: ConfigNode): string {
  const got = "children" in node ? "a mapping" : showValue(node.readings[0], false);
  return `Expected ${what} to be ${expected}, got ${got}${placeOf(node)}`;
}

/** A fault for each name of a mapping that is not known. */
export function unknownNames(tree: ConfigTree, known: readonly string[], what: string): readonly string[] {
  return [...tree]
    .filter(([name]) => !known.includes(name))
    .map(([name, node]) => `Unknown name "${name}" in ${what}${placeOf(node)}. ${didYouMean(name, known)}`);
}
