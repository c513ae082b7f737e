import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { shellQuote } from "../../../src/text/shell-quote.ts";
import type { DaskPython } from "./python.ts";

export const PYTHON_COMMANDS: readonly string[] = ["python", "python3"];

/**
 * Makes `python` and `python3` commands that run a cluster's Python. Debian has no `python` beside its `python3`, and a
 * symbolic link into a virtual environment would not be known as part of it.
 */
export async function writePythonCommands({ command, executable }: DaskPython, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const isWrapped = command.length > 1 || command[0] !== executable;
  const script = `#!/bin/sh\n${isWrapped ? withoutOwn(directory) : ""}exec ${command.map(shellQuote).join(" ")} "$@"\n`;
  for (const name of PYTHON_COMMANDS) {
    const file = join(directory, name);
    await writeFile(file, script, { mode: 0o600 });
    await chmod(file, 0o700);
  }
}

/** A wrapper that looks for `python` on PATH must not find this command again, which would start it for ever. */
function withoutOwn(directory: string): string {
  return [
    `own=${shellQuote(directory)} rest=$PATH: PATH=`,
    'while [ -n "$rest" ]; do',
    "  place=${rest%%:*} rest=${rest#*:}",
    '  [ "$place" = "$own" ] || PATH=${PATH:+$PATH:}$place',
    "done",
    "export PATH",
    "",
  ].join("\n");
}
