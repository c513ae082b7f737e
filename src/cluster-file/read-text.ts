import type { Stats } from "node:fs";

import { isError } from "../errors.ts";
import { readBoundedFile, UnsuitableFile } from "../files/bounded-file.ts";
import { invalid } from "../options/invalid.ts";

/** As much as a file of Dask's configuration may have. */
const LARGEST_FILE = 128 * 1024;

/**
 * The text of a file that a person wrote; undefined when there is none.
 *
 * @param accept looks at the open file before it is read, and throws
 * @throws DaskFleetError `CONFIG_INVALID` for another kind of file, or one that is too large or not to be read
 */
export function readTextFile(path: string, shown: string, accept?: (stat: Stats) => void): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBoundedFile(path, LARGEST_FILE, accept));
  } catch (error) {
    if (error instanceof UnsuitableFile) throw invalid(`${shown} ${error.message}.`);
    const { code } = (isError(error) ? error : {}) as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") throw invalid(`${shown} is not UTF-8 text.`);
    if (code === "EACCES" || code === "EPERM") throw invalid(`No permission to read ${shown}.`);
    throw error;
  }
}
