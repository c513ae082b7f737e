import { basename, join } from "node:path";

import { DaskFleetError } from "../../../src/errors.ts";
import { printableName } from "../../../src/text/printable.ts";
import { isExecutable } from "../machines/bash.ts";
import { type PythonAnswer, probePython } from "./python-probe.ts";
import { type Command, pythonWords } from "./python-words.ts";

/** A Python that can run Dask. */
export interface DaskPython {
  /** Runs it, from any directory. A wrapper stays: what it sets or limits counts for Dask, too. */
  readonly command: Command;
  /** Its own path, as it reports it. */
  readonly executable: string;
  /** Variables that it needs, if `command` skips the wrapper that chose it. */
  readonly env: Readonly<Record<string, string>>;
  readonly pythonVersion: string;
  readonly distributedVersion: string;
}

export interface PythonRequest {
  /** A path or a command; undefined: the first that can run Dask. */
  readonly wanted: string | undefined;
  /** The option that says so. @default python */
  readonly option?: string | undefined;
  /** A directory like those that Dask runs in: there, too, the command must lead to the same Python. */
  readonly elsewhere: string;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** For tests. Default: 20 s, and 90 s for a command that may have to install packages first. */
  readonly timeoutMs?: number | undefined;
}

const OLDEST_PYTHON = [3, 9];
const OLDEST_DISTRIBUTED = [2022, 12];
const PROBE_TIMEOUT_MS = 20_000;
const MANAGER_TIMEOUT_MS = 90_000;
const HOW_TO_GET_ONE = "python3 -m venv .venv && .venv/bin/pip install distributed bokeh";

/** All that `… run python` of these does is to choose a Python and to set variables, often by the working directory. */
const MANAGERS = new Set(["uv", "conda", "mamba", "micromamba", "poetry", "pdm", "hatch", "pipenv", "rye", "pixi"]);
/** What a shell, a manager or Python itself says to the very process, and no other. */
const PASSING = new Set(["_", "PWD", "OLDPWD", "SHLVL", "LC_CTYPE", "UV_RUN_RECURSION_DEPTH", "__PYVENV_LAUNCHER__"]);

/**
 * Finds a Python with `distributed`: the one that was asked for, or else `DASK_FLEET_PYTHON`, the active virtual or conda
 * environment, `.venv` in the working directory, `python3` and `python`, in this order.
 *
 * @throws DaskFleetError `PYTHON_UNSUITABLE`, with each candidate, its fault and how to get one.
 */
export async function findPython(request: PythonRequest, signal: AbortSignal): Promise<DaskPython> {
  const { wanted, option = "python", env = process.env } = request;
  const refusals: string[] = [];
  for (const candidate of wanted === undefined ? candidates(env) : [wanted]) {
    const words = await pythonWords(candidate, env);
    const found = typeof words === "string" ? words : await examine(words, { ...request, env }, signal);
    if (typeof found !== "string") return found;
    refusals.push(...`- ${printableName(candidate)}: ${found}`.split("\n"));
  }
  const asked =
    wanted === undefined ? "No Python here can run Dask" : `The Python of the \`${option}\` option cannot run Dask`;
  throw new DaskFleetError("PYTHON_UNSUITABLE", [`${asked}:`, ...refusals, `To get one: ${HOW_TO_GET_ONE}`]);
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const isSet = (each: string | undefined): each is string => each !== undefined && each !== "";
  const environments = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"], ".venv"].filter(isSet);
  return [
    ...[env["DASK_FLEET_PYTHON"]].filter(isSet),
    ...environments.map((each) => join(each, "bin", "python")),
    "python3",
    "python",
  ];
}

async function examine(
  words: Command,
  { elsewhere, env, timeoutMs }: PythonRequest & { readonly env: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<DaskPython | string> {
  const [program, ...args] = words;
  const isManager = args.length > 0 && MANAGERS.has(basename(program));
  const how = { signal, env, timeoutMs: timeoutMs ?? (isManager ? MANAGER_TIMEOUT_MS : PROBE_TIMEOUT_MS) };
  const here = suitable(await probePython(words, how));
  if (typeof here === "string") return here;
  const asItIs = { ...here, command: words, env: {} };
  if (args.length === 0 && here.executable === program) return asItIs;
  const isLasting = await isExecutable(here.executable);
  const chosen = { ...here, command: [here.executable] as const, env: changes(env, here.env) };
  if (isManager && isLasting) return chosen;
  // A shim or a manager may choose by the working directory, and a machine has its own.
  const there = suitable(await probePython(words, { ...how, cwd: elsewhere }));
  if (typeof there !== "string" && there.executable === here.executable) return asItIs;
  if (isLasting) return chosen;
  return typeof there === "string"
    ? `is suitable here, but run in ${elsewhere} it ${there}`
    : { ...asItIs, ...there, env: {} };
}

type Suitable = Pick<DaskPython, "executable" | "env" | "pythonVersion" | "distributedVersion">;

function suitable(answer: PythonAnswer | string): Suitable | string {
  if (typeof answer === "string") return answer;
  const { pythonVersion, distributedVersion } = answer;
  const [python, distributed] = [pythonVersion, distributedVersion ?? ""].map((version) => printableName(version, 40));
  if (isOlder(pythonVersion, OLDEST_PYTHON)) return `is Python ${python}, needs ${OLDEST_PYTHON.join(".")} or newer`;
  if (distributedVersion === undefined) return `Python ${python} has no package "distributed"`;
  if (isOlder(distributedVersion, OLDEST_DISTRIBUTED)) {
    return `has distributed ${distributed}, needs ${OLDEST_DISTRIBUTED.join(".")} or newer`;
  }
  return { ...answer, distributedVersion };
}

/** Variables that a wrapper set for its Python. */
function changes(before: NodeJS.ProcessEnv, after: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const changed = Object.entries(after).filter(
    ([name, value]) => before[name] !== value && !PASSING.has(name) && value.isWellFormed(),
  );
  return Object.fromEntries(changed);
}

function isOlder(version: string, oldest: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, least] of oldest.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
