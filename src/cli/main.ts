#!/usr/bin/env node
import { nodeProblem } from "../node-version.ts";

const problem = nodeProblem();
if (problem === undefined) {
  // Only now: what it imports may not even be readable to an older Node.js.
  const { daskFleet } = await import("./dask-fleet.ts");
  process.exitCode = await daskFleet(process.argv.slice(2));
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
