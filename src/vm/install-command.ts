import { existsSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";

/**
 * The command that installs packages where another package can load them, which depends on how that one was itself installed.
 *
 * @param folder of the package that is to load them
 * @param packages as npm takes them, such as `@aws-sdk/client-ec2@^3.1.0`
 */
export function installCommand(folder: string, packages: readonly string[]): string {
  const quoted = packages.map((each) => `"${each}"`);
  const name = basename(folder);
  const modules = dirname(folder);
  const project = dirname(modules);
  if (folder.includes(`${sep}node_modules${sep}.pnpm${sep}`)) return `pnpm add ${quoted.join(" ")}`;
  if (basename(dirname(project)) === "_npx") {
    return `npx ${[name, ...quoted].map((each) => `--package ${each}`).join(" ")} ${name} …`;
  }
  const isGlobal = basename(modules) === "node_modules" && !existsSync(join(project, "package.json"));
  if (!isGlobal) return `npm install ${quoted.join(" ")}`;
  return `npm install --global ${quoted.join(" ")} (this ${name} is installed globally, in ${folder}: it does not see the packages of a project)`;
}
