// Records the command line in a terminal, on a real cluster of this computer: docs/dask-fleet-run.svg, and the same as text in README.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "./lib/build.mjs";
import { ROOT, main, say } from "./lib/project.mjs";
import { recordRun } from "./lib/recording/record-run.mjs";
import { COMMAND, textOf, withText } from "./lib/recording/recording.mjs";
import { terminalSvg } from "./lib/recording/terminal-svg.mjs";

const PICTURE = join(ROOT, "docs", "dask-fleet-run.svg");
const README = join(ROOT, "README.md");

await main(async () => {
  await build(ROOT, { ifStale: true });
  const lines = await recordRun(COMMAND);
  writeFileSync(PICTURE, terminalSvg(COMMAND, lines));
  writeFileSync(README, withText(readFileSync(README, "utf8"), textOf(COMMAND, lines)));
  say(`record: ${lines.length} lines in ${PICTURE} and ${README}`);
});
