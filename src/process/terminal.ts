import { readFileSync } from "node:fs";
import { isatty } from "node:tty";

const STDIN = 0;

/** Whether what is typed in a terminal, such as Ctrl-C, reaches this process, and with it what it has started. */
export function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // Behind the command's name, in brackets: the state, the parent, our group, the session, the terminal and its group (proc(5)).
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    // `process.stdin` would open it.
    return isatty(STDIN);
  }
}
