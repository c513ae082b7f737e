// Makes docs/api of the TSDoc of all that the package exports: docs.mjs [--check]
// With --check it writes nothing and fails where the pages are not what it would write. What lacks TSDoc fails it in any case.
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { writeApi } from "./docs/api.mjs";
import { ROOT, SetupError, main } from "./lib/project.mjs";

const PAGES = "docs/api";

await main(async () => {
  const pages = join(ROOT, PAGES);
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const fresh = mkdtempSync(join(ROOT, ".cache", "api-"));
  try {
    const faults = await writeApi(ROOT, fresh);
    demandNone("The public API is not documented", faults);
    if (process.argv.includes("--check")) {
      demandNone(`${PAGES} is not up to date (npm run docs)`, differences(pages, fresh));
      return;
    }
    rmSync(pages, { recursive: true, force: true });
    renameSync(fresh, pages);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
});

function demandNone(title, faults) {
  if (faults.length > 0) throw new SetupError(`${title}:\n  ${faults.join("\n  ")}`);
}

function differences(kept, made) {
  const files = new Set([kept, made].flatMap((folder) => globSync("**/*.md", { cwd: folder })));
  const textOf = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
  return [...files].sort().filter((file) => textOf(join(kept, file)) !== textOf(join(made, file)));
}
