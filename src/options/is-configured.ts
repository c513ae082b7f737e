import { leavesOf } from "./config-tree.ts";
import { optionFor } from "./option-names.ts";
import { configurationOf } from "./resolve.ts";

/** Whether the environment or Dask's configuration files say anything of an option. What is wrong with them is told elsewhere. */
export function isConfigured(section: string, option: string): boolean {
  return [...configurationOf({ section }, [])].some(
    ([key, node]) =>
      optionFor(key, [option]) !== undefined && leavesOf(node).some(({ readings }) => readings[0] !== null),
  );
}
