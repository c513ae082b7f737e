import { stateStore } from "./file-store.ts";

/** The private directory of one cluster. */
export function stateDirectory(clusterName: string, env?: NodeJS.ProcessEnv): string {
  return stateStore(env).cluster(clusterName).directory;
}

/** Removes it and all that is in it, and nothing that a link in it leads to. */
export async function removeStateDirectory(clusterName: string): Promise<void> {
  await stateStore().cluster(clusterName).remove();
}
