import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { writePrivateFile } from "./private-file.ts";
import { stateDirectory } from "./state-directory.ts";

/** How many workers the cluster should have, where every process that holds a handle on it can see and change it. */
export async function writeIntendedSize(clusterName: string, workers: number): Promise<void> {
  await writePrivateFile(path(clusterName), `${workers}\n`);
}

/** Undefined when nobody has said. */
export async function readIntendedSize(clusterName: string): Promise<number | undefined> {
  const text = await readFile(path(clusterName), "utf8").catch(() => "");
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}

function path(clusterName: string): string {
  return join(stateDirectory(clusterName), "workers");
}
