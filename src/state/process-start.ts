import { readFile } from "node:fs/promises";

/**
 * When a process began, so that a number that was given anew is not taken for the old process. Undefined when there is no
 * such process, and where the system does not tell.
 */
export async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The command's name, in brackets, may hold blanks; the start time is the 20th field behind it (proc(5)).
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
