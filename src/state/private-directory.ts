import { accessSync, constants } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { DaskFleetError, messageOf } from "../errors.ts";
import { assertOurs } from "./not-ours.ts";
import { homelessRoot, nearestOf } from "./state-root.ts";

/**
 * Whether the directory exists. Each step of the path from `root` on must be ours.
 *
 * @throws DaskFleetError `STATE_UNTRUSTED`
 */
export async function isPrivateDirectory(root: string, ...steps: readonly string[]): Promise<boolean> {
  let path = root;
  for (const step of ["", ...steps]) {
    path = join(path, step);
    const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (stat === undefined) return false;
    assertOurs(path, stat, "directory");
  }
  return true;
}

/**
 * Creates a directory that only this user can open, step by step from `root` on.
 *
 * @throws DaskFleetError `STATE_UNTRUSTED` when a step exists and is not ours; `STATE_UNWRITABLE`; `CONFIG_INVALID` for a path that
 * Dask would read as something else
 */
export async function makePrivateDirectory(root: string, ...steps: readonly string[]): Promise<void> {
  const whole = join(root, ...steps);
  assertPlainPath(whole);
  let path = root;
  for (const step of ["", ...steps]) {
    path = join(path, step);
    try {
      await mkdir(path, { recursive: step === "", mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw notMade(whole, error);
    }
    assertOurs(path, await lstat(path), "directory");
  }
}

/** Dask expands `$NAME` in every configuration value, and takes a value with a line end for PEM text. */
export function assertPlainPath(path: string): void {
  if (!/\$[\w{]|[\r\n]/u.test(path)) return;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `The directory ${JSON.stringify(path)} cannot be used: Dask would expand "$NAME" in it, and takes no line end. Set XDG_STATE_HOME.`,
  );
}

function notMade(path: string, cause: unknown): DaskFleetError {
  const substitute = homelessRoot();
  const isSubstitute = substitute !== undefined && path.startsWith(substitute);
  const why = isSubstitute ? ", which stands in for a home directory that cannot be written to," : "";
  return new DaskFleetError(
    "STATE_UNWRITABLE",
    `The directory ${path}${why} cannot be made (${whyNotMade(path, cause)}). Set XDG_STATE_HOME to a directory of yours that you can write to.`,
    { cause },
  );
}

/** On a read-only file system Node reports a missing directory. */
function whyNotMade(path: string, error: unknown): string {
  try {
    accessSync(nearestOf(path), constants.W_OK);
    return messageOf(error);
  } catch (reason) {
    return messageOf(reason);
  }
}
