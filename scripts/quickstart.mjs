// Runs the example on the built library, as a user of the package has it.
import { join } from "node:path";

import { build } from "./lib/build.mjs";
import { ROOT, main } from "./lib/project.mjs";
import { run } from "./lib/run.mjs";

await main(async () => {
  await build(ROOT, { ifStale: true });
  const { code } = await run("node", [join(ROOT, "examples", "quickstart.ts"), ...process.argv.slice(2)]);
  return code;
});
