import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The folder of this package, in a checkout as in `node_modules`. */
export const PACKAGE_FOLDER: string = dirname(createRequire(import.meta.url).resolve("#package.json"));

/**
 * Where a file that comes with this package stands on this computer, for an error or help that names it.
 *
 * @param path from the package's folder, such as `docs/providers/aws.md`
 */
export function ownFile(path: string): string {
  return join(PACKAGE_FOLDER, path);
}
