import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { DaskFleetError, isError } from "../../src/errors.ts";

/** A Python that can run Dask. */
export interface DaskPython {
  readonly path: string;
  readonly pythonVersion: string;
  readonly distributedVersion: string;
}

const OLDEST_PYTHON = [3, 9];
const OLDEST_DISTRIBUTED = [2022, 12];
const PROBE_TIMEOUT_MS = 20_000;
const HOW_TO_GET_ONE = "python3 -m venv .venv && .venv/bin/pip install distributed bokeh";

// Looks distributed up without importing it: ten times faster, and a broken one tells its own story when it starts.
const PROBE = `
import json, sys
try:
    from importlib.metadata import version
    distributed = version("distributed")
except Exception:
    distributed = None
print(json.dumps([sys.executable, ".".join(map(str, sys.version_info[:3])), distributed]))
`;

const run = promisify(execFile);

/**
 * Finds a Python with `distributed`: the one that was asked for, or else `DASK_FLEET_PYTHON`, the active virtual or conda
 * environment, `.venv` in the working directory, `python3` and `python`, in this order.
 *
 * @throws DaskFleetError `PYTHON_UNSUITABLE`, saying what was tried, what each lacks and how to get one.
 */
export async function findPython(
  wanted: string | undefined,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<DaskPython> {
  const refusals: string[] = [];
  for (const candidate of wanted === undefined ? candidates(env) : [wanted]) {
    const path = await onPath(candidate, env);
    const found = path === undefined ? "not found" : await probe(path, signal, env);
    if (typeof found !== "string") return found;
    refusals.push(`- ${candidate}: ${found}`);
  }
  const asked =
    wanted === undefined ? "No Python here can run Dask" : `The Python of the \`python\` option can not run Dask`;
  throw new DaskFleetError("PYTHON_UNSUITABLE", `${asked}:\n${refusals.join("\n")}\nTo get one: ${HOW_TO_GET_ONE}`);
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const environments = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"], ".venv"].filter(
    (each) => each !== undefined && each !== "",
  );
  const own = env["DASK_FLEET_PYTHON"];
  return [
    ...(own === undefined ? [] : [own]),
    ...environments.map((each) => join(each ?? "", "bin", "python")),
    "python3",
    "python",
  ];
}

/** The file behind a command, without following links: a virtual environment is known by the path it is called by. */
async function onPath(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const places = command.includes("/")
    ? [command]
    : (env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, command));
  for (const place of places) {
    const usable = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return place;
  }
  return undefined;
}

async function probe(path: string, signal: AbortSignal, env: NodeJS.ProcessEnv): Promise<DaskPython | string> {
  let answer: unknown;
  try {
    const { stdout } = await run(path, ["-c", PROBE], { env, signal, timeout: PROBE_TIMEOUT_MS });
    answer = JSON.parse(stdout);
  } catch (error) {
    signal.throwIfAborted();
    return `does not answer as a Python does (${isError(error) ? error.message.split("\n", 1)[0] : "no reason"})`;
  }
  if (!Array.isArray(answer)) return "does not answer as a Python does";
  const [executable, pythonVersion, distributedVersion] = answer as [string, string, string | null];
  if (isOlder(pythonVersion, OLDEST_PYTHON))
    return `is Python ${pythonVersion}, needs ${OLDEST_PYTHON.join(".")} or newer`;
  if (distributedVersion === null) return `Python ${pythonVersion} has no package "distributed"`;
  if (isOlder(distributedVersion, OLDEST_DISTRIBUTED)) {
    return `has distributed ${distributedVersion}, needs ${OLDEST_DISTRIBUTED.join(".")} or newer`;
  }
  return { path: executable, pythonVersion, distributedVersion };
}

function isOlder(version: string, oldest: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, least] of oldest.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
