import { DaskFleetError, isError } from "../../errors.ts";
import { packageFolder } from "../../files/own-file.ts";
import { peerDependencies } from "../../own-package.inlined.ts";
import { installCommand } from "./install-command.ts";

type Peer = keyof typeof peerDependencies;

/**
 * What to throw where a cloud's SDK could not be loaded, which is an optional peer dependency: only those who start clusters of
 * that cloud install it. The `import("…")` stands literally in a `try` at its place: then bundlers take the SDK in where it is
 * there, and do not fail where it is not.
 *
 * @param cause what the import failed with
 * @param others packages that are needed besides, for one command to install them all
 * @returns `SDK_MISSING` with the command that installs it; `cause` where the SDK is there and something else went wrong
 */
export function sdkFailure(
  clusterClass: string,
  packageName: Peer,
  cause: unknown,
  others: readonly Peer[] = [],
): unknown {
  if (!isMissing(cause, packageName)) return cause;
  const names = [...new Set([packageName, ...others])].sort();
  const packages = names.map((name) => `${name}@${peerDependencies[name]}`);
  const message = `${clusterClass} needs the package ${packageName}: ${installCommand(packageFolder(), packages)}`;
  return new DaskFleetError("SDK_MISSING", message, { cause });
}

/** What Vite puts in the place of an optional peer that was not there has no code. */
const BY_VITE = /^Could not resolve "[^"]+" imported by "/;

/** The package itself; not a mistake of an SDK that is there, nor a package that it needs in turn. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!isError(error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (!/^(?:ERR_)?MODULE_NOT_FOUND$/.test(code ?? "") && !BY_VITE.test(error.message)) return false;
  const missing = notFound(error.message);
  return missing === packageName || missing?.startsWith(`${packageName}/`) === true;
}

/**
 * What Node.js, Deno, Bun, Jest or code that a bundler made has not found: it stands first in quotes, before who asked for it. Yarn's
 * Plug'n'Play names who asked first, and quotes nothing.
 */
function notFound(message: string): string | undefined {
  return (/\btried to access (\S+?),? /.exec(message) ?? /["']([^"'\n]+)["']/.exec(message))?.[1];
}
