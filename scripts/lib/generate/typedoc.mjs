import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { writeApi } from "../../docs/api.mjs";
import { SetupError } from "../project.mjs";

export const PAGES = "docs/api";

/**
 * The pages of docs/api, by their paths from the root. What the package exports without TSDoc is an error. Last by its name: the
 * modules before it may write sources.
 */
export async function generate(root) {
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-api-"));
  try {
    const faults = await writeApi(root, folder);
    if (faults.length > 0) throw new SetupError(`The public API is not documented:\n  ${faults.join("\n  ")}`);
    const pages = globSync("**/*.md", { cwd: folder }).sort();
    return Object.fromEntries(pages.map((page) => [`${PAGES}/${page}`, readFileSync(join(folder, page), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
