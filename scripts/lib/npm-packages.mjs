import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { withLock } from "./lock.mjs";
import { SetupError, pathWithoutTools, say, secondsSince } from "./project.mjs";
import { runQuietly } from "./run.mjs";
import { fingerprint, isStamped, stamp } from "./stamp.mjs";

/** Installs the npm packages at the versions of package-lock.json, unless they are there. */
export async function ensureNpmPackages(root) {
  const stampFile = join(root, "node_modules", ".dask-fleet-lock");
  const print = fingerprint(root, ["package-lock.json"]);
  if (isStamped(stampFile, print)) return;
  await withLock(join(root, ".cache", "npm.lock"), async () => {
    if (isStamped(stampFile, print)) return;
    if (!agreesWithLock(root)) await install(root);
    stamp(stampFile, print);
  });
}

/** Whether node_modules holds just what is locked, according to the list that npm leaves in it, and the Node.js of the `node` package. */
function agreesWithLock(root) {
  const installed = packagesIn(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return false;
  const locked = packagesIn(join(root, "package-lock.json")) ?? {};
  // Its install script brings it, which `npm ci --ignore-scripts` leaves out.
  const lacksNode =
    locked["node_modules/node"] !== undefined && !existsSync(join(root, "node_modules", ".bin", "node"));
  const same = (path) =>
    installed[path]?.version === locked[path]?.version && installed[path]?.integrity === locked[path]?.integrity;
  const required = Object.keys(locked).filter((path) => path !== "" && locked[path].optional !== true);
  const extra = Object.keys(installed).filter(
    (path) => locked[path] !== undefined || installed[path].optional !== true,
  );
  return !lacksNode && [...required, ...extra].every(same);
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

async function install(root) {
  const why = existsSync(join(root, "node_modules"))
    ? "node_modules differs from the lock file"
    : "node_modules is missing";
  say(`set-up: installing the npm packages of package-lock.json (${why}) …`);
  const start = performance.now();
  // npm must not run on the Node.js inside the folder that it replaces.
  const env = { PATH: pathWithoutTools() };
  await runQuietly("Installing the npm packages", "npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, env });
  if (!agreesWithLock(root)) {
    throw new SetupError(
      "package.json and package-lock.json do not agree: run `npm install` and commit package-lock.json.",
    );
  }
  say(`set-up: npm packages installed in ${secondsSince(start)}`);
}
