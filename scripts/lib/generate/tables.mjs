import { pagesWithTables } from "../options/tables.ts";
import { readManifests } from "../providers.mjs";

/** The tables of options, between `<!-- generated: options of NAME -->` and `<!-- /generated -->`. */
export async function generate(root) {
  return pagesWithTables(root, await readManifests(root));
}
