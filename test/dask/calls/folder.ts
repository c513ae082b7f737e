import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { DaskProcesses } from "../client/dask-processes.ts";

/** A new folder in the directory of these processes. */
export async function folderOf(dask: DaskProcesses, name: string): Promise<string> {
  const path = join(dask.directory, name);
  await mkdir(path);
  return path;
}
