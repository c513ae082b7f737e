import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { DaskFleetError } from "../errors.ts";

/** Where the clusters of this user keep their records: `$XDG_STATE_HOME/dask-fleet`, by default `~/.local/state/dask-fleet`. */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_STATE_HOME"];
  const base = xdg === undefined || xdg === "" ? join(homedir(), ".local", "state") : xdg;
  return join(base, "dask-fleet");
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
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(path);
  const foreign = process.getuid !== undefined && uid !== process.getuid();
  if (foreign || (process.platform !== "win32" && (mode & 0o077) !== 0)) {
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `The directory ${path} holds keys but others can look into it: make it yours alone (chmod 700), or remove it.`,
    );
  }
}

/** The names of all clusters that have a private directory here. */
export async function clusterNames(env?: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const entries = await readdir(stateRoot(env), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

export async function removeStateDirectory(clusterName: string, env?: NodeJS.ProcessEnv): Promise<void> {
  await rm(stateDirectory(clusterName, env), { recursive: true, force: true, maxRetries: 3 });
}
