import { readFileSync } from "node:fs";
import { isatty } from "node:tty";

const STDIN = 0;

/** Whether keys of a terminal, such as Ctrl-C, reach this process and its children. */
export function isInForeground(): boolean {
  const groups = processGroups();
  // `process.stdin` would open it.
  return groups === undefined ? isatty(STDIN) : groups.own === groups.terminals;
}

/** Whether others have this process's terminal: a shell put it into the background. False where nothing tells. */
export function isInBackground(): boolean {
  const groups = processGroups();
  return groups !== undefined && groups.terminals > 0 && groups.own !== groups.terminals;
}

/** This process's group, and the one that has the terminal, -1 without one; undefined where the system does not tell. */
function processGroups(): { readonly own: number; readonly terminals: number } | undefined {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // After the command's name, in brackets: state, parent, our group, session, terminal and the terminal's group (proc(5)).
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { own: Number(group), terminals: Number(foreground) };
  } catch {
    return undefined;
  }
}
