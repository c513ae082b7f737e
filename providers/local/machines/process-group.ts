import { readdir, readFile, stat } from "node:fs/promises";

import { DaskFleetError } from "../../../src/errors.ts";

/**
 * Whether any process of the group runs. A zombie does not: where nobody reaps, as in many a container, it is there for ever.
 * Only Linux can tell; elsewhere it counts.
 */
export async function groupRuns(pgid: number): Promise<boolean> {
  try {
    process.kill(-pgid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux" || (await runsInGroup(pgid, pgid))) return true;
  const entries = await readdir("/proc").catch(() => undefined);
  if (entries === undefined) return true;
  const pids = entries.filter((name) => /^\d+$/.test(name));
  return (await Promise.all(pids.map((pid) => runsInGroup(Number(pid), pgid)))).some(Boolean);
}

async function runsInGroup(pid: number, pgid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // Behind the command's name, in brackets: the state, the parent and the group (proc(5)).
  const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(group) === pgid && state !== "Z" && state !== "X";
}

/** Ends every process of a group at once. A group that is gone is a success. */
export function killGroup(pgid: number): void {
  killProcess(-checked(pgid));
}

/** Ends a process at once. One that is gone is a success. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** 0 is our own group, 1 the computer's first process, and -1 every process. */
function checked(pgid: number): number {
  if (Number.isSafeInteger(pgid) && pgid > 1) return pgid;
  throw new RangeError(`${pgid} is not a process group that may be ended`);
}

/** The processes of a group; empty if the system does not tell. */
export async function membersOf(pgid: number): Promise<readonly number[]> {
  const found = await Promise.all(
    (await allProcesses()).map(async (pid) => ((await runsInGroup(pid, pgid)) ? pid : undefined)),
  );
  return found.filter((pid) => pid !== undefined);
}

async function allProcesses(): Promise<readonly number[]> {
  return (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
}

/**
 * The processes that run on a machine although they have left its group (a task that started a session of its own): all
 * that carry the machine's root in their environment. Only Linux can tell; elsewhere the list is empty.
 */
export async function processesOf(root: string): Promise<readonly number[]> {
  const mark = `DASK_FLEET_ROOT=${root}`;
  const uid = process.getuid?.();
  const found = await Promise.all(
    (await allProcesses()).map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      if (!environment.split("\0").includes(mark)) return undefined;
      // Any user can write that into the environment of their own processes.
      const owner = await stat(`/proc/${pid}`).catch(() => undefined);
      return owner?.uid === uid ? pid : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}

/**
 * On Linux, /proc tells which processes are a machine's; Dask cannot do without it either (psutil).
 *
 * @throws DaskFleetError `CONFIG_INVALID` where it is not there, as in some chroots and sandboxes
 */
export async function checkProcesses(platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform !== "linux") return;
  const own = await readFile(`/proc/${process.pid}/stat`, "utf8").catch(() => "");
  if (own !== "") return;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    "LocalCluster and Dask need /proc, which does not show this process: mount it (mount -t proc proc /proc).",
  );
}
