import { readFile } from "node:fs/promises";

import { Deadline } from "../../src/deadline.ts";
import { poll } from "../../src/wait.ts";

/** Waits until something holds, and fails with its name when it does not in time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
  lastSeen: () => string = () => "",
): Promise<void> {
  const ask = async (): Promise<true | undefined> => ((await holds()) ? true : undefined);
  await poll(ask, { what, deadline: new Deadline(timeoutMs), intervalMs: 20, lastSeen });
}

/** Waits for a file that another process writes, and gives its text once there is a whole line. */
export async function line(path: string, timeoutMs = 60_000): Promise<string> {
  let text = "";
  await until(
    path,
    async () => {
      text = await readFile(path, "utf8").catch(() => "");
      return text.endsWith("\n");
    },
    timeoutMs,
  );
  return text.trim();
}
