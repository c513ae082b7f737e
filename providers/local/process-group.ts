import { readdir, readFile } from "node:fs/promises";

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
  try {
    process.kill(-pgid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * The processes that run on a machine although they have left its group (a task that started a session of its own): all
 * that carry the machine's root in their environment. Only Linux can tell; elsewhere the list is empty.
 */
export async function processesOf(root: string): Promise<readonly number[]> {
  const mark = `DASK_FLEET_ROOT=${root}`;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return environment.split("\0").includes(mark) ? Number(pid) : undefined;
    }),
  );
  return found.filter((pid) => pid !== undefined);
}
