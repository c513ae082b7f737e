import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { daskPython } from "../../support/python.ts";

const run = promisify(execFile);

/** Runs a program with the tests' Python and only this environment; returns its output. */
export async function runPython(program: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await run(daskPython(), ["-W", "ignore", "-c", program], {
    timeout: 60_000,
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...env },
  });
  return stdout.trim();
}
