import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";

import { DaskFleetError, messageOf } from "../errors.ts";
import { homeDirectory } from "../home.ts";

const NAME = "dask-fleet";
const SET_ANOTHER = "Set XDG_STATE_HOME to a directory of yours that you can write to";

/**
 * Where the clusters of this user keep their records: `$XDG_STATE_HOME/dask-fleet`, by default `~/.local/state/dask-fleet`. Where
 * the user has no home, or none to write to, `dask-fleet-<uid>` in the directory for temporary files: every process of the user
 * finds it there.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when XDG_STATE_HOME is no absolute path, or somebody else could write what is read here
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
  const substitute = homelessRoot();
  if (substitute === undefined) return usual ?? join(tmpdir(), NAME);
  // Its name is known to everybody, and the directory for temporary files is everybody's.
  if (isThere(substitute)) assertPrivate(substitute);
  return substitute;
}

/** The private directory of one cluster. */
export function stateDirectory(clusterName: string, env?: NodeJS.ProcessEnv): string {
  return join(stateRoot(env), clusterName);
}

/** Makes a directory that only this user can look into, and refuses one that somebody else owns or can read. */
export async function makePrivateDirectory(path: string): Promise<void> {
  // Dask expands `$NAME` in every configuration value, and takes one with a line end for a PEM text.
  if (/\$[\w{]|[\r\n]/u.test(path)) {
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `The directory ${JSON.stringify(path)} can not be used: Dask would expand "$NAME" in it, and takes no line end. Set XDG_STATE_HOME.`,
    );
  }
  const substitute = homelessRoot();
  const isSubstitute = substitute !== undefined && `${path}${sep}`.startsWith(`${substitute}${sep}`);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const why = isSubstitute ? ", which stands in for a home directory that can not be written to," : "";
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `The directory ${path}${why} can not be made (${whyNotMade(path, cause)}). ${SET_ANOTHER}.`,
      { cause },
    );
  }
  if (isSubstitute) assertPrivate(substitute);
  assertPrivate(path);
}

/** The names of all clusters that have a private directory here. */
export async function clusterNames(env?: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const entries = await readdir(stateRoot(env), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

export async function removeStateDirectory(clusterName: string, env?: NodeJS.ProcessEnv): Promise<void> {
  await rm(stateDirectory(clusterName, env), { recursive: true, force: true, maxRetries: 3 });
}

/** What takes the place of a directory in a home that is not there; undefined where users have no numbers (Windows). */
function homelessRoot(): string | undefined {
  const uid = process.getuid?.();
  return uid === undefined ? undefined : join(resolve(tmpdir()), `${NAME}-${uid}`);
}

/** Of a path, what is there already. */
function nearestOf(path: string): string {
  let nearest = path;
  while (!isThere(nearest) && nearest !== dirname(nearest)) nearest = dirname(nearest);
  return nearest;
}

/** Node says of a file system that can only be read that a directory is missing. */
function whyNotMade(path: string, error: unknown): string {
  try {
    accessSync(nearestOf(path), constants.W_OK);
    return messageOf(error);
  } catch (reason) {
    return messageOf(reason);
  }
}

/** Whether there is such a directory, or the nearest that there is on the way to it can be written to. */
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
    // Behind a file, or in a directory that is closed to us.
    return false;
  }
}

/** @throws DaskFleetError `CONFIG_INVALID` unless it is a directory of this user that nobody else can look into */
function assertPrivate(path: string): void {
  const stat = lstatSync(path);
  const mine = process.getuid === undefined || stat.uid === process.getuid();
  const open = process.platform !== "win32" && (stat.mode & 0o077) !== 0;
  if (stat.isDirectory() && mine && !open) return;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `The directory ${path} holds keys but others can look into it: make it yours alone (chmod 700), or remove it. Or: ${SET_ANOTHER}.`,
  );
}
