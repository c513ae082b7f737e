import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROJECT_PYTHON = fileURLToPath(new URL("../../.python/bin/python", import.meta.url));

const wanted = (): string => process.env["DASK_FLEET_PYTHON"] ?? PROJECT_PYTHON;

/** The Python for tests against real Dask: `DASK_FLEET_PYTHON`, or the one that the set-up made. */
export function daskPython(): string {
  const python = findDaskPython();
  if (python === undefined) throw new Error(`No Python at ${wanted()}: run the tests with "npm test", which makes it.`);
  return python;
}

/** The same, or undefined if missing. */
export function findDaskPython(): string | undefined {
  const python = wanted();
  return existsSync(python) ? python : undefined;
}
