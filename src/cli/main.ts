#!/usr/bin/env node
import { nodeProblem } from "../node-version.ts";

const problem = nodeProblem();
if (problem === undefined) {
  // Only now: what it imports may not even be readable to an older Node.js.
  const { daskFleet } = await import("./dask-fleet.ts");
  const code = await daskFleet(process.argv.slice(2));
  // One that is set already tells that output was lost.
  if (code !== 0 || process.exitCode === undefined) process.exitCode = code;
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
