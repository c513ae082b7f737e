import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { LocalCluster } from "../../../providers/local/index.ts";

export interface MachineProcess {
  readonly pid: number;
  readonly machineId: string;
  readonly command: string;
}

/** The processes of a cluster's machines. */
export async function processesOf(cluster: LocalCluster): Promise<readonly MachineProcess[]> {
  const machines = `${join(cluster.stateDirectory, "machines")}/`;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      const root = environment.split("\0").find((entry) => entry.startsWith(`DASK_FLEET_ROOT=${machines}`));
      if (root === undefined) return undefined;
      const machineId = root.slice(`DASK_FLEET_ROOT=${machines}`.length).split("/", 1)[0] ?? "";
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return { pid: Number(pid), machineId, command: command.replaceAll("\0", " ").trim() };
    }),
  );
  return found.filter((each) => each !== undefined);
}

/** The machine's power switch: the leader of its process group. */
export async function leaderOf(cluster: LocalCluster, machineId: string): Promise<number> {
  const file = join(cluster.stateDirectory, "machines", machineId, "process.json");
  return (JSON.parse(await readFile(file, "utf8")) as { readonly pid: number }).pid;
}

/** Tracks how many worker machines have processes at the same time. */
export class PeakWatch implements AsyncDisposable {
  peak = 0;
  #stopped = false;
  readonly #loop: Promise<void>;

  constructor(cluster: LocalCluster) {
    this.#loop = this.#run(cluster);
  }

  async #run(cluster: LocalCluster): Promise<void> {
    while (!this.#stopped) {
      const processes = await processesOf(cluster);
      const machines = new Set(processes.map(({ machineId }) => machineId).filter((id) => id.includes("-worker-")));
      this.peak = Math.max(this.peak, machines.size);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#loop;
  }
}
