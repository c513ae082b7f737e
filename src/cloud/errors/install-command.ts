import { existsSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";

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
