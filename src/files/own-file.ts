import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { version } from "../own-package.inlined.ts";

/** This module's place: in a checkout, or built, in the package as a package manager lays it out. */
const HERE = /[/\\](?:dist[/\\])?src[/\\]files[/\\]own-file\.[jt]s$/;

/**
 * The folder of this package, in a checkout or in `node_modules`. Undefined in a bundle (whose `import.meta.url` is the bundle's, one of
 * the computer that bundled, or missing), and in a zip file of Yarn's.
 *
 * @param module this module's URL
 */
export function packageFolder(module: unknown = import.meta.url): string | undefined {
  if (typeof module !== "string" || !module.startsWith("file:")) return undefined;
  const path = fileURLToPath(module);
  const folder = path.replace(HERE, "");
  return folder !== path && !/\.zip[/\\]/.test(folder) && existsSync(join(folder, "package.json")) ? folder : undefined;
}

/**
 * The path of a file of this package on this computer, for an error or help text. In a bundle, a description of the file.
 *
 * @param path from the package's folder, such as `docs/providers/aws.md`
 */
export function ownFile(path: string, folder: string | undefined = packageFolder()): string {
  const file = folder === undefined ? undefined : join(folder, path);
  return file !== undefined && existsSync(file) ? file : `${path} (in the npm package dask-fleet@${version})`;
}
