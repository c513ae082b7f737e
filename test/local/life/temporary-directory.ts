import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach } from "vitest";

/** A temporary directory per test of a file. */
export function temporaryDirectory(): () => string {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "dask-fleet-life-"));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return () => path;
}
