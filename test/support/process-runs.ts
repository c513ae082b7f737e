import { readFileSync } from "node:fs";

/** Whether a process runs. A zombie does not: without a reaper, as in many containers, it stays for ever. */
export function processRuns(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return !"ZX".includes(state);
  } catch {
    return false;
  }
}
