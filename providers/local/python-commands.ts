import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { shellQuote } from "../../src/machine/shell-quote.ts";
import type { DaskPython } from "./python.ts";

/**
 * Makes `python` and `python3` commands that run a cluster's Python. Debian has no `python` beside its `python3`, and a
 * symbolic link into a virtual environment would not be known as part of it.
 */
export async function writePythonCommands({ path }: DaskPython, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of ["python", "python3"]) {
    const command = join(directory, name);
    await writeFile(command, `#!/bin/sh\nexec ${shellQuote(path)} "$@"\n`, { mode: 0o600 });
    await chmod(command, 0o700);
  }
}
