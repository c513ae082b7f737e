import type { ConfigNode } from "../options/config-tree.ts";
import { didYouMean } from "../options/option-names.ts";

/** A fault if `--set workers.cup.count=2` names a group that the file does not have. */
export function unknownGroup(name: string, workers: ConfigNode | undefined): string | undefined {
  if (workers === undefined || !("children" in workers)) return undefined;
  const known = [...workers.children.keys()];
  return known.includes(name) || known.length === 0
    ? undefined
    : didYouMean(name, known).replace("Known options:", "Known groups:");
}
