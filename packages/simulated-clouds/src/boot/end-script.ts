import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { MachineInput } from "../core/boot.ts";
import { LIB } from "../dask-fleet.ts";
import type { Told } from "./told.ts";

const run = promisify(execFile);
/** As long as machine.sh gives it. */
const TIMEOUT_MS = 45_000;

/** The script that a machine runs before it powers off, really run; undefined without one. */
export function lastActOf(
  { surroundings }: MachineInput,
  { files }: Told,
): ((signal: AbortSignal) => Promise<void>) | undefined {
  const script = files.get(`${LIB}/end.sh`);
  if (script === undefined) return undefined;
  const env = { PATH: process.env["PATH"], ...surroundings };
  return async (signal) => {
    await run("bash", ["-c", script], { env, signal, timeout: TIMEOUT_MS });
  };
}
