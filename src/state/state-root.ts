import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";

import { DaskFleetError } from "../errors.ts";
import { homeDirectory } from "../files/home.ts";

const NAME = "dask-fleet";

/**
 * Where this user's clusters keep their records: `$XDG_STATE_HOME/dask-fleet`, by default `~/.local/state/dask-fleet`. Without a
 * writable home it is `dask-fleet-<uid>` in the directory for temporary files, where every process of the user finds it. Whether it
 * exists and is ours is checked when it is opened.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when XDG_STATE_HOME is no absolute path
 */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_STATE_HOME"];
  if (xdg !== undefined && xdg !== "") {
    if (isAbsolute(xdg)) return join(xdg, NAME);
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `XDG_STATE_HOME is ${JSON.stringify(xdg)}, which another process would look for elsewhere: set it to an absolute path.`,
    );
  }
  const home = homeDirectory(env);
  const usual = home === undefined ? undefined : join(home, ".local", "state", NAME);
  if (usual !== undefined && isOrCanBe(usual)) return usual;
  return homelessRoot() ?? usual ?? join(tmpdir(), NAME);
}

/** Replaces a home that does not exist; undefined where users have no numbers (Windows). */
export function homelessRoot(): string | undefined {
  const uid = process.getuid?.();
  return uid === undefined ? undefined : join(resolve(tmpdir()), `${NAME}-${uid}`);
}

/** The part of a path that exists. */
export function nearestOf(path: string): string {
  let nearest = path;
  while (!isThere(nearest) && nearest !== dirname(nearest)) nearest = dirname(nearest);
  return nearest;
}

/** Whether the directory exists, or could be created: its nearest existing ancestor is writable. */
function isOrCanBe(path: string): boolean {
  const nearest = nearestOf(path);
  try {
    accessSync(nearest, nearest === path ? constants.F_OK : constants.W_OK | constants.X_OK);
    return statSync(nearest).isDirectory();
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Below a file, or in a directory that we cannot open.
    return false;
  }
}
