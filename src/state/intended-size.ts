import { stateStore } from "./file-store.ts";

/** How many workers the cluster should have, where every process that holds a handle on it can see and change it. */
export async function writeIntendedSize(clusterName: string, workers: number): Promise<void> {
  await stateStore().cluster(clusterName).writeSize(workers);
}

/** Undefined when nobody has said. */
export async function readIntendedSize(clusterName: string): Promise<number | undefined> {
  return await stateStore().cluster(clusterName).readSize();
}
