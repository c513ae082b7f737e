import { lstat, readFile, readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";

import { DaskFleetError, messageOf } from "../../../errors.ts";
import { printableName } from "../../../text/printable.ts";
import type { ZipEntry } from "./zip.ts";

const MOST_FILES = 20_000;
const MOST_BYTES = 512 * 1024 * 1024;
/** Never of use on a worker. */
const LEFT_OUT: ReadonlySet<string> = new Set(["__pycache__", "node_modules", "venv"]);

/**
 * The files of what is uploaded, by their names on the path of imports: a folder with `__init__.py` is a package of its name, another
 * folder's contents stand on the path, and so does a file. Hidden files, caches and environments are left out.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for what is not there, leads out of its folder, is too much, or has a name twice
 */
export async function codeFiles(
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly ZipEntry[]> {
  const files = new Map<string, Uint8Array>();
  let bytes = 0;
  const add = async (name: string, path: string): Promise<void> => {
    signal?.throwIfAborted();
    if (files.has(name)) throw invalid(`upload() was given two files for "${printableName(name)}".`);
    if (files.size >= MOST_FILES) throw invalid(`upload() takes at most ${MOST_FILES} files.`);
    const { size } = await stat(path);
    bytes += size;
    if (bytes > MOST_BYTES) throw invalid(`upload() takes at most ${MOST_BYTES / 1024 / 1024} MiB.`);
    files.set(name, await readFile(path));
  };
  for (const given of paths) {
    const path = resolve(given);
    try {
      if (!(await stat(path)).isDirectory()) {
        await add(basename(path), path);
        continue;
      }
      const names = await readdir(path);
      const root = await realpath(path);
      const prefix = names.includes("__init__.py") ? `${basename(path)}/` : "";
      for (const file of await filesIn(root, root)) await add(prefix + relative(root, file).split(sep).join("/"), file);
    } catch (error) {
      if (error instanceof DaskFleetError || signal?.aborted === true) throw error;
      throw invalid(`upload() cannot read "${printableName(given)}": ${messageOf(error)}`, error);
    }
  }
  if (files.size === 0) throw invalid("upload() found no files.");
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, content]) => ({ name, content }));
}

/** The regular files below a folder. Links count as what they lead to, if that is within the root. */
async function filesIn(folder: string, root: string, depth = 0): Promise<string[]> {
  if (depth > 50) throw invalid(`upload(): "${printableName(folder)}" is nested too deep.`);
  const found: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    if (name.startsWith(".") || name.endsWith(".pyc") || LEFT_OUT.has(name)) continue;
    const path = join(folder, name);
    const itself = await lstat(path);
    if (itself.isSymbolicLink() && !`${await realpath(path)}${sep}`.startsWith(`${root}${sep}`)) {
      throw invalid(`upload(): the link "${printableName(path)}" leads out of its folder.`);
    }
    const target = itself.isSymbolicLink() ? await stat(path) : itself;
    if (target.isDirectory()) found.push(...(await filesIn(path, root, depth + 1)));
    else if (target.isFile()) found.push(path);
    if (found.length > MOST_FILES) throw invalid(`upload() takes at most ${MOST_FILES} files.`);
  }
  return found;
}

function invalid(message: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", message, { cause });
}
