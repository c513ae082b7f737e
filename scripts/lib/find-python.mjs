import { execFileSync } from "node:child_process";

import { SetupError } from "./project.mjs";

const NAMES = ["python3.13", "python3.12", "python3.11", "python3.10", "python3", "python"];

const DESCRIBE = `
import json, sys
try:
    import ensurepip, venv
    can_make_venv = True
except ImportError:
    can_make_venv = False
print(json.dumps({"path": sys.executable, "version": list(sys.version_info[:2]), "canMakeVenv": can_make_venv}))
`;

const HAS_DASK = `
import sys
import dask, distributed
sys.exit(0 if tuple(int(part) for part in distributed.__version__.split(".")[:2]) >= (2022, 12) else 1)
`;

/** A Python, 3.10 or newer, that can make a virtual environment. */
export function findPython() {
  const found = pythons().filter(({ version: [major, minor] }) => major === 3 && minor >= 10);
  const able = found.find((python) => python.canMakeVenv);
  if (able !== undefined) return able.path;
  const [lacking] = found;
  if (lacking === undefined) {
    throw new SetupError(
      "No Python 3.10 or newer found: install one (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python), or set DASK_FLEET_PYTHON to a Python that has distributed.",
    );
  }
  throw new SetupError(
    `${lacking.path} (Python ${lacking.version.join(".")}) cannot make a virtual environment: install its venv module (Debian and Ubuntu: apt install python3-venv), or set DASK_FLEET_PYTHON to a Python that has distributed.`,
  );
}

/** A Python on the search path that has Dask, 2022.12 or newer; `undefined` where there is none. */
export function findPythonWithDask() {
  return pythons().find(({ path }) => succeeds(path, HAS_DASK))?.path;
}

/** @param python a path, or a command such as `uv run python` */
export function hasDask(python) {
  return succeeds(python, HAS_DASK) || ask("sh", ["-c", `${python} -c "$1"`, "sh", HAS_DASK]) !== undefined;
}

function pythons() {
  const found = new Map();
  for (const name of NAMES) {
    const answer = ask(name, ["-c", DESCRIBE]);
    if (answer === undefined) continue;
    const python = JSON.parse(answer);
    if (!found.has(python.path)) found.set(python.path, python);
  }
  return [...found.values()];
}

function succeeds(python, code) {
  return ask(python, ["-c", code]) !== undefined;
}

/** What a program prints; `undefined` where it is missing, broken or fails. */
function ask(program, args) {
  try {
    return execFileSync(program, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 60_000,
    });
  } catch {
    return undefined;
  }
}
