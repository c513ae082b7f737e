import { daskPython } from "./python.ts";

/** Fails a test run immediately, instead of every test, if the Python with Dask is missing. */
export function setup(): void {
  daskPython();
}
