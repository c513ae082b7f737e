import { existsSync } from "node:fs";
import { basename, isAbsolute, relative, resolve, sep } from "node:path";

import type { JobFileSource } from "../access/jobs/job-options.ts";
import { type ConfigNode, fromWhere } from "../options/config-tree.ts";
import { placeOf, textsOf, unexpected } from "./nodes.ts";
import type { Variables } from "./variables.ts";

/**
 * Reads `files:`, paths from the file's folder. What is outside the folder is sent under its own name. Faults are added to `problems`.
 */
export function filesIn(
  node: ConfigNode,
  {
    folder,
    variables,
    problems,
  }: { readonly folder: string; readonly variables: Variables; readonly problems: string[] },
): readonly (string | JobFileSource)[] {
  const texts = textsOf(node);
  if (texts === undefined) {
    problems.push(unexpected("files", "a path or a list of paths", node));
    return [];
  }
  const where = "source" in node && node.source !== undefined ? fromWhere(node.source) : "";
  return texts.map((text) => {
    const path = resolve(folder, variables.text(text, "files", where, "no secret"));
    if (!existsSync(path)) problems.push(`There is no file or folder ${path}${placeOf(node)}`);
    const inside = relative(folder, path);
    const isInside = inside !== "" && !isAbsolute(inside) && inside.split(sep)[0] !== "..";
    return isInside ? inside.split(sep).join("/") : { path, as: basename(path) };
  });
}
