import { readdir } from "node:fs/promises";

import { asError } from "../errors.ts";
import { CLUSTER_NAME } from "./cluster-name.ts";
import { FileClusterState } from "./file-cluster-state.ts";
import { LEASE_TIMES, type LeaseTimes } from "./lease.ts";
import { isPrivateDirectory } from "./private-directory.ts";
import { stateRoot } from "./state-root.ts";
import type { ClusterState, FoundNames, StateStore } from "./state-store.ts";

/** A {@link StateStore} in files, a directory for each cluster. */
export class FileStore implements StateStore {
  readonly root: string;
  readonly #times: LeaseTimes;

  constructor(root: string, times: LeaseTimes = LEASE_TIMES) {
    this.root = root;
    this.#times = times;
  }

  async names(): Promise<FoundNames> {
    if (!(await isPrivateDirectory(this.root))) return { names: [], refused: [] };
    const named = (await readdir(this.root)).filter((name) => CLUSTER_NAME.test(name));
    const checked = await Promise.allSettled(named.map((name) => isPrivateDirectory(this.root, name)));
    const names = named.filter((_, nth) => checked[nth]?.status === "fulfilled");
    const refused = checked.flatMap((check) => (check.status === "rejected" ? asError(check.reason) : []));
    return { names, refused };
  }

  cluster(name: string): ClusterState {
    return new FileClusterState(this.root, name, this.#times);
  }
}

/** This user's store, at the place that the environment names. */
export function stateStore(env?: NodeJS.ProcessEnv): StateStore {
  return new FileStore(stateRoot(env));
}
