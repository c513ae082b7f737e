import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROJECT_PYTHON = fileURLToPath(new URL("../../.python/bin/python", import.meta.url));

/** The Python that the tests against real Dask use: `DASK_FLEET_PYTHON`, or the one that the set-up made. */
export function daskPython(): string {
  const python = process.env["DASK_FLEET_PYTHON"] ?? PROJECT_PYTHON;
  if (!existsSync(python)) throw new Error(`No Python at ${python}: run the tests with "npm test", which makes it.`);
  return python;
}
