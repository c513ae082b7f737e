// Writes docs/api from the TSDoc of every export: docs.mjs [--check]
// With --check it writes nothing and fails if a page would change. An export without TSDoc always fails.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { PAGES, generate } from "./lib/generate/typedoc.mjs";
import { ROOT, SetupError, main } from "./lib/project.mjs";

await main(async () => {
  const made = await generate(ROOT);
  const kept = globSync(`${PAGES}/**/*.md`, { cwd: ROOT });
  const textOf = (page) => (kept.includes(page) ? readFileSync(join(ROOT, page), "utf8") : undefined);
  const stale = [...new Set([...kept, ...Object.keys(made)])].filter((page) => textOf(page) !== made[page]);
  if (process.argv.includes("--check")) {
    if (stale.length > 0) throw new SetupError(`not up to date: ${stale.sort().join(", ")}. Run npm run docs.`);
    return;
  }
  for (const page of stale) {
    if (made[page] === undefined) rmSync(join(ROOT, page));
    else {
      mkdirSync(dirname(join(ROOT, page)), { recursive: true });
      writeFileSync(join(ROOT, page), made[page]);
    }
  }
});
