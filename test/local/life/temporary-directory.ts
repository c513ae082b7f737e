import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach } from "vitest";

/** A directory for each test of a file, removed at its end. */
export function temporaryDirectory(): () => string {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "dask-fleet-life-"));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return () => path;
}
