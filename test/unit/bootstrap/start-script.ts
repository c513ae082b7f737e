import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { START_SCRIPT } from "../../../src/bootstrap/machine-file.ts";
import { nodeFiles } from "../../../src/bootstrap/node-files.ts";
import type { NodeSpec } from "../../../src/bootstrap/node-spec.ts";

/** One call of a program that the start script ran. */
export interface Call {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ScriptRun {
  readonly status: number | null;
  readonly output: string;
  /** Calls of the stand-in program, in order. */
  readonly calls: readonly Call[];
  readonly root: string;
  /** Its message for machine.sh. */
  readonly reason: string | undefined;
  /** The files that remain in /run/dask-fleet. */
  readonly left: readonly string[];
  /** The file with the tail of Dask's output. */
  readonly words: { readonly bytes: number; readonly mode: number } | undefined;
}

/**
 * Runs the start script on the files of `spec`, where `program` (`docker`, `python3`) is a stand-in that records its calls
 * and then runs `behaviour` (bash). Calls of `others` are not recorded.
 */
export function runStartScript(
  spec: NodeSpec,
  program: string,
  behaviour: string,
  others: Readonly<Record<string, string>> = {},
  unit: "dask-node" | "dask-worker" = "dask-node",
): ScriptRun {
  const root = mkdtempSync(join(tmpdir(), "dask-fleet-script-"));
  try {
    for (const { path, mode, content } of nodeFiles(spec)) put(join(root, path), content, Number.parseInt(mode, 8));
    put(join(root, "var/lib/cloud/data/instance-id"), "i-0123\n", 0o600);
    put(join(root, "etc/hostname"), "node-7.example.com\n", 0o600);
    // Schedulers of other tests listen on this computer, too.
    for (const [name, does] of Object.entries({ ss: "true", ...others }))
      put(join(root, "bin", name), `#!/bin/bash\n${does}\n`, 0o755);
    put(
      join(root, "bin", program),
      `#!/bin/bash
calls="$DASK_FLEET_ROOT/calls"
[[ -d $calls ]] || /bin/mkdir "$calls"
number=0
while ! /bin/mkdir "$calls/$number" 2>/dev/null; do number=$((number + 1)); done
printf '%s\\0' "$@" >"$calls/$number/argv"
/usr/bin/env --null >"$calls/$number/env"
${behaviour}
`,
      0o755,
    );
    const { status, stdout, stderr } = spawnSync("bash", [join(root, START_SCRIPT), unit], {
      env: { PATH: `${join(root, "bin")}:${process.env["PATH"]}`, DASK_FLEET_ROOT: root },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 15_000,
    });
    return { status, output: `${stdout.toString()}${stderr.toString()}`, calls: readCalls(root), root, ...left(root) };
  } finally {
    rmSync(root, { recursive: true });
  }
}

function left(root: string): Pick<ScriptRun, "reason" | "words" | "left"> {
  const [reason, words] = ["reason", "words"].map((name) => join(root, "run/dask-fleet", name));
  const stat = statSync(words ?? "", { throwIfNoEntry: false });
  const run = join(root, "run/dask-fleet");
  return {
    left: existsSync(run) ? readdirSync(run) : [],
    reason: existsSync(reason ?? "") ? readFileSync(reason ?? "", "utf8") : undefined,
    words: stat && { bytes: stat.size, mode: stat.mode & 0o777 },
  };
}

function put(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

function readCalls(root: string): Call[] {
  const calls: Call[] = [];
  for (let number = 0; ; number += 1) {
    const directory = join(root, "calls", String(number));
    try {
      const argv = texts(join(directory, "argv"));
      const env = texts(join(directory, "env")).map((line): [string, string] => {
        const end = line.indexOf("=");
        return [line.slice(0, end), line.slice(end + 1)];
      });
      calls.push({ argv, env: Object.fromEntries(env) });
    } catch {
      return calls;
    }
  }
}

function texts(file: string): string[] {
  return readFileSync(file, "utf8").split("\0").slice(0, -1);
}
