#!/usr/bin/env node
import { nodeProblem } from "../node-version.ts";

const problem = nodeProblem();
if (problem === undefined) {
  // Only now: an older Node.js cannot even parse its imports.
  const { daskFleet } = await import("./dask-fleet.ts");
  const code = await daskFleet(process.argv.slice(2));
  // An exit code that is set already reports lost output.
  if (code !== 0 || process.exitCode === undefined) process.exitCode = code;
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
