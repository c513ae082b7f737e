import { execFile } from "node:child_process";

/** Runs a program to its end and gives what it printed. Throws, with its last words, where it fails or takes too long. */
export async function run(command: string, args: readonly string[], timeoutMs = 20_000): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile(command, args, { timeout: timeoutMs, maxBuffer: 64e6 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")}: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}
