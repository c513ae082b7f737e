import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { LocalClusterOptions } from "../../providers/local/index.ts";
import { NO_DASHBOARD } from "./no-dashboard.ts";
import { patient } from "./patience.ts";

const PROGRAM = fileURLToPath(new URL("local-program.ts", import.meta.url));

/** What local-program.ts reports about its cluster. */
export interface LocalProgramResult {
  readonly workers?: readonly { readonly nthreads: number; readonly memoryLimit: number; readonly address: string }[];
  readonly schedulerAddress?: string;
  readonly stateDirectory?: string;
  /** The names that `list()` returned while the cluster was running. */
  readonly listed?: readonly string[];
  /** The command's exit code, if there was a command. */
  readonly exitCode?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface LocalProgramRun {
  /** The command prefix that prepares the place, such as `taskset -c 0`. */
  readonly place?: readonly string[];
  readonly options?: LocalClusterOptions;
  /** The command to run with the cluster. */
  readonly command?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts and closes a LocalCluster in its own process, on a computer that `place` prepares. */
export async function runLocalProgram({
  place = [],
  options = {},
  command = [],
  env = process.env,
}: LocalProgramRun): Promise<LocalProgramResult> {
  const words = [...place, process.execPath, PROGRAM, JSON.stringify({ ...NO_DASHBOARD, ...options }), ...command];
  const [program = "", ...args] = words;
  const { stdout } = await promisify(execFile)(program, args, { env, timeout: patient(90_000), killSignal: "SIGKILL" });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as LocalProgramResult;
}
