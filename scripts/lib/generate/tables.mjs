// The tables of options in README and docs, between `<!-- generated: options NAME -->` and `<!-- /generated -->`.
import { formatted } from "../options/formatted.ts";
import { pagesWithTables } from "../options/tables.ts";

export async function generate(root) {
  return await formatted(root, pagesWithTables(root));
}
