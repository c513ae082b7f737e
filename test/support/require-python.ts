import { daskPython } from "./python.ts";

/** Fails a test run at once, rather than test by test, where the Python with Dask is missing. */
export function setup(): void {
  daskPython();
}
