import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { patient } from "../../support/patience.ts";

const PROGRAM = fileURLToPath(new URL("killed-launcher.ts", import.meta.url));

/** Has a launcher do something, and kills it in the middle of that (killed-launcher.ts). */
export async function killLauncher(address: string, what: string, path = ""): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, address, what, path], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  try {
    const failed = ended.then(() => Promise.reject(new Error(`The launcher ended before the middle of its ${what}`)));
    await Promise.race([once(child.stdout, "data", { signal: AbortSignal.timeout(patient(30_000)) }), failed]);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}
