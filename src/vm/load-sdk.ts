import manifest from "#package.json" with { type: "json" };

import { DaskFleetError } from "../errors.ts";
import { PACKAGE_FOLDER } from "../own-file.ts";
import { installCommand } from "./install-command.ts";

/**
 * Loads a cloud's SDK, which is an optional peer dependency: only those who start clusters of that cloud install it.
 *
 * @param load a literal `import("…")` of it
 * @param others packages that are needed besides, for one command to install them all
 * @throws DaskFleetError `SDK_MISSING` with the command that installs it
 */
export async function loadSdk<Sdk>(
  clusterClass: string,
  packageName: keyof typeof manifest.peerDependencies,
  load: () => Promise<Sdk>,
  others: readonly (keyof typeof manifest.peerDependencies)[] = [],
): Promise<Sdk> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, packageName)) throw cause;
    const names = [...new Set([packageName, ...others])].sort();
    const packages = names.map((name) => `${name}@${manifest.peerDependencies[name]}`);
    const message = `${clusterClass} needs the package ${packageName}: ${installCommand(PACKAGE_FOLDER, packages)}`;
    throw new DaskFleetError("SDK_MISSING", message, { cause });
  }
}

/** Missing itself; not a mistake of an SDK that is there. */
function isMissing(error: unknown, packageName: string): boolean {
  return (
    error instanceof Error &&
    /^(?:ERR_)?MODULE_NOT_FOUND$/.test((error as NodeJS.ErrnoException).code ?? "") &&
    error.message.includes(`'${packageName}`)
  );
}
