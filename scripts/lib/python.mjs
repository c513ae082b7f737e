import { existsSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

import { findPython, findPythonWithDask, hasDask } from "./find-python.mjs";
import { withLock } from "./lock.mjs";
import { SetupError, say, secondsSince } from "./project.mjs";
import { runQuietly } from "./run.mjs";
import { fingerprint, isStamped, stamp } from "./stamp.mjs";

/**
 * The Python to use: `DASK_FLEET_PYTHON`, or `.python/` with the packages of scripts/requirements.txt, which is made where it
 * is missing. With `any`, a Python on the search path that has Dask spares making it.
 *
 * @param {"any" | "pinned"} choice
 */
export async function ensurePython(root, choice, { env = process.env } = {}) {
  const chosen = env.DASK_FLEET_PYTHON;
  if (chosen !== undefined && chosen !== "") {
    if (hasDask(chosen)) return chosen;
    throw new SetupError(`DASK_FLEET_PYTHON is ${chosen}, which cannot be run or lacks distributed 2022.12 or newer.`);
  }
  const instead = choice === "any" ? findPythonWithDask : undefined;
  return await ensureEnvironment(root, ".python", ["scripts/requirements.txt"], { instead });
}

/**
 * A virtual environment with the packages of some files, which is made where it is missing or has others.
 *
 * @param {string} name its folder in `root`
 * @param {readonly string[]} requirements
 * @param {{ instead?: (() => string | undefined) | undefined }} options finds a Python that spares making one
 * @returns its Python
 */
export async function ensureEnvironment(root, name, requirements, { instead } = {}) {
  const folder = join(root, name);
  const python = join(folder, "bin", "python");
  const stampFile = join(folder, ".dask-fleet-requirements");
  const print = fingerprint(root, requirements);
  const complete = () => isStamped(stampFile, print) && existsSync(python);
  if (complete()) return python;
  const present = instead?.();
  if (present !== undefined) return present;
  await withLock(join(root, ".cache", `${basename(name).replace(/^\./, "")}.lock`), async () => {
    if (complete()) return;
    await makeEnvironment(root, name, requirements);
    // Last, so that an environment that was left half-made is made anew.
    stamp(stampFile, print);
  });
  return python;
}

async function makeEnvironment(root, name, requirements) {
  const folder = join(root, name);
  const base = findPython();
  const why = existsSync(folder) ? "its packages differ from" : "it is missing; packages:";
  say(`set-up: making the Python environment ${name} with ${base} (${why} ${requirements.join(", ")}) …`);
  const start = performance.now();
  rmSync(folder, { recursive: true, force: true });
  await runQuietly("Making a Python environment", base, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
  const files = requirements.flatMap((file) => ["-r", join(root, file)]);
  await runQuietly("Installing Python packages", join(folder, "bin", "python"), [...pip, ...files]);
  say(`set-up: Python environment made in ${secondsSince(start)}`);
}
