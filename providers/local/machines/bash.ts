import { access, constants } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";

import { DaskFleetError } from "../../../src/errors.ts";

/** Usual directories of bash: Linux, BSD and macOS, Homebrew, NixOS. */
const USUAL_PLACES = ["/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/run/current-system/sw/bin"];

/**
 * The bash that runs machines: the first on PATH, else in a usual directory.
 *
 * @throws DaskFleetError `CONFIG_INVALID` without a bash
 */
export async function findBash(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const onPath = (env["PATH"] ?? "").split(delimiter).filter((place) => place.startsWith("/"));
  for (const place of [...onPath, ...USUAL_PLACES]) {
    const bash = join(place, "bash");
    if (await isExecutable(bash)) return bash;
  }
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `LocalCluster runs its machines with bash, which is neither on PATH nor in ${USUAL_PLACES.join(", ")}: ` +
      "install it (Alpine: apk add bash), or put its directory on PATH.",
  );
}

/** The search path with the usual directories added: a machine needs their tools even if the program's own PATH lacks them. */
export function withUsualPlaces(path: string | undefined, bash: string): string {
  const own = (path ?? "").split(delimiter).filter((place) => place !== "");
  return [...new Set([...own, dirname(bash), "/usr/local/bin", "/usr/bin", "/bin"])].join(delimiter);
}

/** Whether a file is executable: not on a file system mounted `noexec`. */
export async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
