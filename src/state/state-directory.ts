import { Deadline } from "../deadline.ts";
import { within } from "../wait.ts";
import { stateStore } from "./file-store.ts";

/** The private directory of one cluster. */
export function stateDirectory(clusterName: string, env?: NodeJS.ProcessEnv): string {
  return stateStore(env).cluster(clusterName).directory;
}

/** A file system that does not answer delays a close no longer than this. */
const REMOVAL_TIMEOUT_MS = 60_000;

/** Removes it with its content, and nothing that a link in it leads to. */
export async function removeStateDirectory(clusterName: string): Promise<void> {
  const state = stateStore().cluster(clusterName);
  await within(`${state.directory} to be removed`, new Deadline(REMOVAL_TIMEOUT_MS), () => state.remove());
}
