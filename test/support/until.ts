import { readFile } from "node:fs/promises";

import { Deadline } from "../../src/deadline.ts";
import { poll } from "../../src/wait.ts";
import { patient } from "./patience.ts";

/** Waits until a condition holds, scaled to this computer ({@link patient}), and fails with its name on timeout. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
  lastSeen: () => string = () => "",
): Promise<void> {
  const ask = async (): Promise<true | undefined> => ((await holds()) ? true : undefined);
  await poll(ask, { what, deadline: new Deadline(patient(timeoutMs)), intervalMs: 20, lastSeen });
}

/** Waits for a file that another process writes, and returns its text once it has a complete line. */
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
