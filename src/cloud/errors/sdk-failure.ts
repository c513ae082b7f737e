import { existsSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";

import { DaskFleetError, isError } from "../../errors.ts";
import { packageFolder } from "../../files/own-file.ts";
import { peerDependencies } from "../../own-package.inlined.ts";

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

/** What installs packages, where that is not npm. */
export interface Installer {
  /** As in `process.versions`: it is there under Yarn's Plug'n'Play, in Deno and in Bun. */
  readonly pnp?: string | undefined;
  readonly deno?: string | undefined;
  readonly bun?: string | undefined;
}

/**
 * The command that installs packages where another package can load them, which depends on how that one was itself installed.
 *
 * @param folder of the package that is to load them; undefined where it has none, in a bundle
 * @param packages as npm takes them, such as `@aws-sdk/client-ec2@^3.1.0`
 */
export function installCommand(
  folder: string | undefined,
  packages: readonly string[],
  { pnp, deno, bun }: Installer = process.versions as Installer,
): string {
  const quoted = packages.map((each) => `"${each}"`);
  if (pnp !== undefined) return `yarn add ${quoted.join(" ")}`;
  if (folder?.includes(`${sep}node_modules${sep}.pnpm${sep}`)) return `pnpm add ${quoted.join(" ")}`;
  const install =
    deno !== undefined
      ? `deno add ${packages.map((each) => `"npm:${each}"`).join(" ")}`
      : `${bun === undefined ? "npm install" : "bun add"} ${quoted.join(" ")}`;
  if (folder === undefined) {
    return `${install} (where the bundle was built, and build it again; or beside the bundle, if that leaves the SDK out)`;
  }
  const name = basename(folder);
  const modules = dirname(folder);
  const project = dirname(modules);
  if (basename(dirname(project)) === "_npx") {
    return `npx ${[name, ...quoted].map((each) => `--package ${each}`).join(" ")} ${name} …`;
  }
  const isGlobal = basename(modules) === "node_modules" && !existsSync(join(project, "package.json"));
  if (!isGlobal) return install;
  return `npm install --global ${quoted.join(" ")} (this ${name} is installed globally, in ${folder}: it does not see the packages of a project)`;
}
