import { DaskFleetError, messageOf } from "../errors.ts";

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space",
  EDQUOT: "Your disk quota is used up: free some space",
  EFBIG: "The limit on a file's size (ulimit -f) is reached: raise it",
  EROFS: "The file system can only be read: choose another directory",
};

/** A file or directory of ours that cannot be written; the file system's own reason is in it. */
export function unwritable(path: string, cause: unknown): DaskFleetError {
  const remedy = REMEDIES[String((cause as NodeJS.ErrnoException).code)] ?? "Choose a directory that you can write to";
  const message = `${path} cannot be written (${messageOf(cause)}). ${remedy}. XDG_STATE_HOME says where clusters are recorded.`;
  return new DaskFleetError("STATE_UNWRITABLE", message, { cause });
}

/** Does something to a file or directory; where it fails, says so as {@link unwritable}. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DaskFleetError ? error : unwritable(path, error);
  }
}
