import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { messageOf } from "../support/message-of.ts";

const TIMEOUT_MS = 60_000;
const PROGRAM = "import sys, distributed; print(sys.executable)";

/** The Python that runs Dask on machines which are processes, as an absolute path. */
export async function findPython(asked: string | undefined): Promise<string> {
  const python = asked ?? process.env["DASK_FLEET_PYTHON"] ?? "python3";
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", PROGRAM], { timeout: TIMEOUT_MS });
    return stdout.trim();
  } catch (error) {
    const last = messageOf(error).trim().split("\n").at(-1);
    throw new Error(`--boot process needs a Python with distributed, which ${python} is not: ${last}`, {
      cause: error,
    });
  }
}
