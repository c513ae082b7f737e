import { randomBytes } from "node:crypto";
import { type Stats, constants, fsync } from "node:fs";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { promisify } from "node:util";

import { DaskFleetError, messageOf } from "../errors.ts";
import { assertOurs, notOurs } from "./not-ours.ts";

/** As `FileHandle.sync`, which Yarn's Plug'n'Play lacks. */
const synchronize = promisify(fsync);

/**
 * Writes a file that only its owner can read, completely or not at all.
 *
 * @param durable survives a loss of power whole, once the directory is synchronized
 * @throws DaskFleetError `STATE_UNWRITABLE`
 */
export async function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  { durable = false }: { readonly durable?: boolean } = {},
): Promise<void> {
  await writing(path, async () => {
    const partial = `${path}.${randomBytes(4).toString("hex")}`;
    try {
      const file = await open(partial, "wx", 0o600);
      try {
        await file.writeFile(content);
        if (durable) await synchronize(file.fd);
      } finally {
        await file.close();
      }
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** Puts renames on disk, where the file system can do that. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  if (directory === undefined) return;
  await synchronize(directory.fd).catch(() => undefined);
  await directory.close();
}

/**
 * The content of a file of ours; undefined when there is none.
 *
 * @throws DaskFleetError `STATE_UNTRUSTED`, without reading, when it is another user's, open to others, linked, no regular file or too
 * large
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<string | undefined> {
  return await withPrivateFile(
    path,
    constants.O_RDONLY,
    async (file, { size }) => await textOf(file, path, { size, maxBytes }),
  );
}

/** The whole text of an open file that has just had that size. */
export async function textOf(
  file: FileHandle,
  path: string,
  { size, maxBytes }: { readonly size: number; readonly maxBytes: number },
): Promise<string> {
  const buffer = Buffer.alloc(Math.min(maxBytes, size) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.toString("utf8", 0, length);
    length += bytesRead;
  }
  const why = `is larger than it can be (${maxBytes} bytes), or grows while it is read`;
  throw notOurs(path, { why, remedy: "Remove it." });
}

/** Opens a file of ours and checks what was opened, not what was there a moment before; undefined when there is none. */
export async function withPrivateFile<T>(
  path: string,
  access: number,
  work: (file: FileHandle, stat: Stats) => Promise<T>,
): Promise<T | undefined> {
  try {
    // Devices and FIFOs are not even opened.
    assertOurs(path, await lstat(path), "file");
    // If one has replaced the file since, the open does not wait for its other end.
    const file = await open(path, access | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      assertOurs(path, stat, "file");
      return await work(file, stat);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw notOurs(path, { why: "is a symbolic link and no file", remedy: "Remove it." });
    throw error;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space",
  EDQUOT: "Your disk quota is used up: free some space",
  EFBIG: "The limit on a file's size (ulimit -f) is reached: raise it",
  EROFS: "The file system can only be read: choose another directory",
};

/** The error for a file or directory of ours that cannot be written, with the file system's reason. */
export function unwritable(path: string, cause: unknown): DaskFleetError {
  const remedy = REMEDIES[String((cause as NodeJS.ErrnoException).code)] ?? "Choose a directory that you can write to";
  const message = `${path} cannot be written (${messageOf(cause)}). ${remedy}. XDG_STATE_HOME says where clusters are recorded.`;
  return new DaskFleetError("STATE_UNWRITABLE", message, { cause });
}

/** Works on a file or directory; a failure becomes {@link unwritable}. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof DaskFleetError ? error : unwritable(path, error);
  }
}
