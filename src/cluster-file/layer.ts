import type { ConfigTree } from "../options/config-tree.ts";
import { camelCase, snakeCase } from "../options/option-names.ts";
import { placeOf } from "./nodes.ts";

/** The names of a file that are not options of a cluster, in snake case. */
export const OWN_NAMES = ["provider", "profile", "workers", "files", "run"] as const;

/**
 * The top level of a file with its names in snake case; `max-lifetime`, `maxLifetime` and `max_lifetime` are the same. Faults are added
 * to `problems`.
 */
export function namedAlike(tree: ConfigTree, problems: string[]): ConfigTree {
  const named: ConfigTree = new Map();
  for (const [key, node] of tree) {
    const name = snakeCase(camelCase(key));
    const other = named.get(name);
    if (other === undefined) named.set(name, node);
    else problems.push(`"${key}"${placeOf(node)} says again what is said${placeOf(other)}`);
  }
  return named;
}
