import type { ConfigNode } from "../options/config-tree.ts";
import { didYouMean } from "../options/option-names.ts";
import { DEFAULT_GROUP } from "../provider/worker-group.ts";
import { isAbsent, placeOf, unexpected, unknownNames } from "./nodes.ts";

const PARTS = ["count", "minimum", "maximum", "options"];

/**
 * The number of workers of a file: `workers: 4`, or `workers: { default: { count: 4 } }`. What the core cannot start yet is refused, and
 * not left out.
 */
export function workersIn(node: ConfigNode, problems: string[]): ConfigNode | undefined {
  if (!("children" in node)) {
    if (Array.isArray(node.readings[0])) problems.push(unexpected("workers", "a number or worker groups", node));
    return node;
  }
  const groups = [...node.children];
  for (const [name, group] of groups) problems.push(...faultsOf(name, group));
  const group = node.children.get(DEFAULT_GROUP);
  return group !== undefined && "children" in group ? group.children.get("count") : undefined;
}

function faultsOf(name: string, group: ConfigNode): readonly string[] {
  const what = `workers.${name}`;
  if (!("children" in group)) return [unexpected(what, "a mapping, such as { count: 2 }", group)];
  const unknown = unknownNames(group.children, PARTS, what);
  const early = ["minimum", "maximum", "options"].filter((part) => !isAbsent(group.children.get(part)));
  const missing = group.children.has("count") || unknown.length > 0 ? [] : [`${what} needs a count${placeOf(group)}`];
  const other =
    name === DEFAULT_GROUP
      ? []
      : [
          `This version starts one group of workers, "${DEFAULT_GROUP}", and not "${name}"${placeOf(group)}. ` +
            "Write `workers: 2`, with the machine's options at the top level.",
        ];
  return [
    ...unknown,
    ...missing,
    ...other,
    ...early.map(
      (part) =>
        `This version cannot start a group with ${part}${placeOf(group.children.get(part) ?? group)}. ` +
        (part === "options"
          ? "Put the options at the top level."
          : "Leave it out; `dask-fleet adapt` has bounds for a running cluster."),
    ),
  ];
}

/** A fault if `--set workers.cup.count=2` names a group that the file does not have. */
export function unknownGroup(name: string, workers: ConfigNode | undefined): string | undefined {
  if (workers === undefined || !("children" in workers)) return undefined;
  const known = [...workers.children.keys()];
  return known.includes(name) || known.length === 0
    ? undefined
    : didYouMean(name, known).replace("Known options:", "Known groups:");
}
