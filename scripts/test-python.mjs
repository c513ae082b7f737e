// Type-checks and tests the Python package as it would be installed, on this checkout's dask-fleet and simulated clouds.
// test-python.mjs [what pytest takes …]
import { join } from "node:path";

import { ROOT, main } from "./lib/project.mjs";
import { ensureEnvironment, ensurePython } from "./lib/python.mjs";
import { run, runQuietly } from "./lib/run.mjs";

const PACKAGE = join(ROOT, "python");
const CACHE = join(ROOT, ".cache");
/** A wheel is made of the sources, without looking for anything on the network. */
const INSTALL = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--force-reinstall"];

await main(async () => {
  const clusters = await ensurePython(ROOT, "pinned");
  const requirements = ["scripts/requirements.txt", "python/requirements-test.txt"];
  const python = await ensureEnvironment(ROOT, ".cache/python-tests", requirements);
  await runQuietly("Installing the Python package", python, ["-m", "pip", "install", ...INSTALL, PACKAGE]);
  const typed = await run(python, ["-m", "mypy", "--cache-dir", join(CACHE, "mypy")], { cwd: PACKAGE });
  if (typed.code !== 0) return typed.code;
  const env = {
    DASK_FLEET_COMMAND: `"${process.execPath}" "${join(ROOT, "src", "cli", "main.ts")}"`,
    DASK_FLEET_PYTHON: clusters,
    PYTHONDONTWRITEBYTECODE: "1",
    DASK_FLEET_SIMULATED_CLOUD: join(ROOT, "packages", "simulated-clouds", "src", "cli", "main.ts"),
    DASK_FLEET_NODE: process.execPath,
  };
  const options = ["-o", `cache_dir=${join(CACHE, "pytest")}`];
  const { code } = await run(python, ["-m", "pytest", ...options, ...process.argv.slice(2)], { cwd: PACKAGE, env });
  return code;
});
