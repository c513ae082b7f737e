import { spawn } from "node:child_process";
import { once } from "node:events";

import * as z from "zod";

import { cutTo, printable } from "../../../src/text/printable.ts";
import { killGroup } from "../machines/process-group.ts";
import type { Command } from "./python-words.ts";

const MARK = "dask-fleet-python:";
/** A variable of the probe alone: a line that has it is an answer, however a wrapper has bent it, and holds the environment. */
const PROBED = "DASK_FLEET_PROBED";
// Looks distributed up without importing it: ten times faster, and a broken one tells its own story when it starts.
const QUESTION = `
import json, os, sys
try:
    from importlib.metadata import version
    distributed = version("distributed")
except Exception:
    distributed = None
answer = [sys.executable, ".".join(map(str, sys.version_info[:3])), distributed, dict(os.environ)]
sys.stdout.write("\\n${MARK}" + json.dumps(answer) + "\\n")
`;
/** In one line, for \`conda run\` takes no argument with a line end. JSON's texts are Python's, too. */
const PROBE = `exec(${JSON.stringify(QUESTION)})`;

const MOST_OUTPUT = 1_048_576;
const MOST_LINES = 12;
const LONGEST_LINE = 300;

/** A Python's answer. */
export interface PythonAnswer {
  /** Its own path, links not followed. */
  readonly executable: string;
  readonly pythonVersion: string;
  /** Undefined if the package is missing. */
  readonly distributedVersion: string | undefined;
  /** Its environment. */
  readonly env: Readonly<Record<string, string>>;
}

const answerSchema = z.tuple([z.string(), z.string(), z.string().nullable(), z.record(z.string(), z.string())]);

export interface ProbeOptions {
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  readonly timeoutMs: number;
}

/**
 * Asks a command whether it is a Python. Whatever else it prints, before or after, does not matter.
 *
 * @returns the reason, with the end of its output, if it does not answer
 * @throws the signal's reason
 */
export async function probePython(command: Command, options: ProbeOptions): Promise<PythonAnswer | string> {
  const { signal, env, cwd, timeoutMs } = options;
  signal.throwIfAborted();
  const [program, ...args] = command;
  // A group of its own, so that children of a hanging wrapper end with it.
  const child = spawn(program, [...args, "-c", PROBE], {
    env: { ...env, [PROBED]: "1" },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let [stdout, said, late] = ["", "", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout = (stdout + text).slice(-MOST_OUTPUT);
    said = (said + text).slice(-MOST_OUTPUT);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-MOST_OUTPUT)));
  const gone = Promise.withResolvers<never[]>();
  const kill = (): void => {
    child.stdout.destroy();
    child.stderr.destroy();
    try {
      if (child.pid !== undefined) killGroup(child.pid);
    } catch {
      // It runs as another user, as with sudo, and is not waited for.
      child.unref();
      gone.resolve([]);
    }
  };
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutMs);
  signal.addEventListener("abort", kill);
  process.on("exit", kill);
  let ended: string;
  try {
    const [code, killedBy] = (await Promise.race([once(child, "close"), gone.promise])) as [number?, string?];
    ended = code === 0 ? "does not answer as a Python does" : `ended with ${killedBy ?? `status ${code}`}`;
  } catch (error) {
    return `cannot be run (${whyNotRun(error as NodeJS.ErrnoException)})`;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", kill);
    process.off("exit", kill);
    signal.throwIfAborted();
  }
  const answer = answerIn(stdout);
  if (answer !== undefined) return answer;
  if (late) ended = `hangs: it has not answered within ${timeoutMs / 1000} s`;
  return `${ended}${consoleTail(said)}`;
}

function answerIn(stdout: string): PythonAnswer | undefined {
  const line = stdout.split("\n").findLast((each) => each.startsWith(MARK));
  if (line === undefined) return undefined;
  try {
    const [executable, pythonVersion, distributed, seen] = answerSchema.parse(JSON.parse(line.slice(MARK.length)));
    const { [PROBED]: _, ...env } = seen;
    return { executable, pythonVersion, distributedVersion: distributed ?? undefined, env };
  } catch {
    return undefined;
  }
}

function whyNotRun({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT")
    return "the interpreter that its first line names is not there, or the working directory is gone";
  return code === "EACCES" ? "permission denied" : message;
}

/** Of a shim that says which versions there are, or of a Python that cannot start. An answer has the environment in it: it is not shown. */
function consoleTail(said: string): string {
  const lines = printable(said)
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes(PROBED))
    .slice(-MOST_LINES);
  if (lines.length === 0) return "";
  return `:\n${lines.map((line) => `    | ${cutTo(line, LONGEST_LINE)}`).join("\n")}`;
}
