import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";

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
  const folder = join(root, ".python");
  const python = join(folder, "bin", "python");
  const stampFile = join(folder, ".dask-fleet-requirements");
  const print = fingerprint(root, ["scripts/requirements.txt"]);
  const complete = () => isStamped(stampFile, print) && existsSync(python);
  if (complete()) return python;
  const present = choice === "any" ? findPythonWithDask() : undefined;
  if (present !== undefined) return present;
  await withLock(join(root, ".cache", "python.lock"), async () => {
    if (complete()) return;
    await makeEnvironment(root, folder, python);
    // Last, so that an environment that was left half-made is made anew.
    stamp(stampFile, print);
  });
  return python;
}

async function makeEnvironment(root, folder, python) {
  const base = findPython();
  const why = existsSync(folder) ? "its packages differ from requirements.txt" : "it is missing";
  say(`set-up: making the Python environment .python with ${base} and scripts/requirements.txt (${why}) …`);
  const start = performance.now();
  rmSync(folder, { recursive: true, force: true });
  await runQuietly("Making a Python environment", base, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
  await runQuietly("Installing Dask", python, [...pip, "-r", join(root, "scripts", "requirements.txt")]);
  say(`set-up: Python environment made in ${secondsSince(start)}`);
}
