import { type Stats, readdirSync } from "node:fs";
import { isAbsolute, join } from "node:path";

import { homeDirectory } from "../files/home.ts";
import type { ConfigTree } from "../options/config-tree.ts";
import type { Environment } from "../options/environment.ts";
import { invalid } from "../options/invalid.ts";
import { didYouMean } from "../options/option-names.ts";
import { assertOwned, notOurs } from "../state/not-ours.ts";
import { namedAlike } from "./layer.ts";
import { placeOf } from "./nodes.ts";
import { readTextFile } from "./read-text.ts";
import { yamlTree } from "./yaml-tree.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;
const EXTENSION = ".yaml";
/** A program, its files and another profile are not settings to share between clusters. */
const NOT_IN_A_PROFILE = ["profile", "run", "files"];
const OTHERS_WRITE = 0o022;

/** The folder of this user's profiles: `$XDG_CONFIG_HOME/dask-fleet/profiles`, by default in `~/.config`. */
export function profilesFolder(env: Environment): string | undefined {
  const xdg = env["XDG_CONFIG_HOME"] ?? "";
  const home = homeDirectory(env);
  // The XDG base directory specification ignores a relative one.
  const config = isAbsolute(xdg) ? xdg : home === undefined ? undefined : join(home, ".config");
  return config === undefined ? undefined : join(config, "dask-fleet", "profiles");
}

/**
 * A profile of this user: a part of a cluster file, for files and command lines to lie over.
 *
 * @param where who names it, for the error
 * @throws DaskFleetError `CONFIG_INVALID`; `STATE_UNTRUSTED` when another user can write it
 */
export function readProfile(
  name: string,
  { where, env, problems }: { readonly where: string; readonly env: Environment; readonly problems: string[] },
): ConfigTree {
  const folder = profilesFolder(env);
  if (!NAME.test(name)) {
    throw invalid(
      `${JSON.stringify(name)} is no name of a profile${where}: expected letters, digits, ".", "_" and "-".`,
    );
  }
  if (folder === undefined)
    throw invalid(`There is no folder of profiles: this user has no home. Set XDG_CONFIG_HOME.`);
  const path = join(folder, `${name}${EXTENSION}`);
  const content = readTextFile(path, path, (stat) => assertTrusted(path, stat));
  if (content === undefined) {
    const known = profilesIn(folder);
    const hint = known.length === 0 ? "" : ` ${didYouMean(name, known).replace("Known options:", "Known profiles:")}`;
    throw invalid(`There is no profile "${name}"${where}: no file at ${path}.${hint}`);
  }
  const tree = namedAlike(yamlTree(content, path), problems);
  for (const refused of NOT_IN_A_PROFILE) {
    const node = tree.get(refused);
    if (node !== undefined) problems.push(`A profile has no ${refused}${placeOf(node)}: write it in the cluster file`);
    tree.delete(refused);
  }
  return tree;
}

/** A profile decides what machines run as root: nobody else may write it. */
function assertTrusted(path: string, stat: Stats): void {
  assertOwned(path, stat, "file");
  if (process.platform === "win32" || (stat.mode & OTHERS_WRITE) === 0) return;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
  throw notOurs(path, { why: `can be changed by others (mode ${mode})`, remedy: "chmod go-w it." });
}

function profilesIn(folder: string): readonly string[] {
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith(EXTENSION));
    return files.map((name) => name.slice(0, -EXTENSION.length));
  } catch {
    return [];
  }
}
