import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

import { type FilePiece, type JobAsk, type JobFile, MOST_PIECE_BYTES, jobOperations } from "../../dask/agent/jobs.ts";
import { messageOf } from "../../errors.ts";
import { printableName } from "../../text/printable.ts";
import type { FoundFile } from "./collect-files.ts";
import { invalidJob } from "./job-options.ts";

/** A file as it was when it was read. */
export interface HashedFile extends FoundFile {
  readonly sha256: string;
  readonly size: number;
}

const PIECE_BYTES = 1024 * 1024;
/** A file that changes while it is sent, here or at another sender, is sent again so often. */
const MOST_TRIES = 3;

/** Reads every file once, for its SHA-256 and its size. */
export async function hashFiles(files: readonly FoundFile[], signal?: AbortSignal): Promise<readonly HashedFile[]> {
  const hashed: HashedFile[] = [];
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (const file of files) {
    signal?.throwIfAborted();
    hashed.push(
      await reading(file, async (handle) => {
        const hash = createHash("sha256");
        let size = 0;
        for (;;) {
          const { bytesRead } = await handle.read(piece, 0, piece.length, size);
          if (bytesRead === 0) break;
          hash.update(piece.subarray(0, bytesRead));
          size += bytesRead;
          signal?.throwIfAborted();
        }
        return { ...file, sha256: hash.digest("hex"), size };
      }),
    );
  }
  return hashed;
}

export function asJobFile({ path, sha256, size, isExecutable }: HashedFile): JobFile {
  return [path, sha256, size, isExecutable];
}

/** Sends the files that are missing: many small ones in one request, large ones in parts. */
export async function sendFiles(ask: JobAsk, files: readonly HashedFile[], missing: readonly string[]): Promise<void> {
  const wanted = new Set(missing);
  const once = new Map(files.filter(({ sha256 }) => wanted.has(sha256)).map((file) => [file.sha256, file]));
  let batch: { readonly file: HashedFile; readonly piece: FilePiece }[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const sent = batch;
    [batch, bytes] = [[], 0];
    const have = await jobOperations.put(
      ask,
      sent.map(({ piece }) => piece),
    );
    for (const [index, { file }] of sent.entries()) {
      if (have[index] !== file.size) await sendInParts(ask, file);
    }
  };
  for (const file of once.values()) {
    if (file.size > PIECE_BYTES) {
      await sendInParts(ask, file);
      continue;
    }
    if (bytes + file.size > MOST_PIECE_BYTES) await flush();
    batch.push({ file, piece: [file.sha256, file.size, 0, await reading(file, (handle) => part(handle, 0, file))] });
    bytes += file.size;
  }
  await flush();
}

async function sendInParts(ask: JobAsk, file: HashedFile): Promise<void> {
  await reading(file, async (handle) => {
    let offset = 0;
    for (let tries = 0; tries < MOST_TRIES;) {
      const content = await part(handle, offset, file);
      const [have = 0] = await jobOperations.put(ask, [[file.sha256, file.size, offset, content]]);
      if (have === file.size) return;
      if (have < 0) tries += 1;
      // Another sender may have been there first.
      offset = Math.max(0, have);
    }
    throw invalidJob(`files: ${printableName(file.source)} changed while it was sent.`);
  });
}

/** Empty behind the end of a file that has become shorter: the scheduler then finds that its SHA-256 is another one. */
async function part(handle: FileHandle, offset: number, { size }: HashedFile): Promise<Uint8Array> {
  const content = Buffer.allocUnsafe(Math.min(MOST_PIECE_BYTES, size - offset));
  let length = 0;
  while (length < content.length) {
    const { bytesRead } = await handle.read(content, length, content.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return content.subarray(0, length);
}

async function reading<T>(file: FoundFile, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    // A file that became a pipe meanwhile does not hold us up. Windows lacks the flag.
    const { O_NONBLOCK = 0 } = constants as { O_NONBLOCK?: number };
    handle = await open(file.source, constants.O_RDONLY | O_NONBLOCK);
  } catch (cause) {
    throw invalidJob(`files: ${printableName(file.source)} cannot be read: ${messageOf(cause)}`, cause);
  }
  try {
    if (!(await handle.stat()).isFile()) throw invalidJob(`files: ${printableName(file.source)} is no file any more.`);
    return await work(handle);
  } finally {
    await handle.close();
  }
}
