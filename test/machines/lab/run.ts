import { execFile } from "node:child_process";

/** Runs a program to its end and returns its output. Throws with the last lines when it fails or times out. */
export async function run(command: string, args: readonly string[], timeoutMs = 20_000): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile(command, args, { timeout: timeoutMs, maxBuffer: 64e6 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")}: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}
