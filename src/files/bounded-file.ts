import { type Stats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const FIRST_CAPACITY = 4096;

/** Why an existing file is not read; follows its name in a sentence: `is a directory, not a file`. */
export class UnsuitableFile extends Error {}

/**
 * Reads a regular file, or a link to one, of bounded size. Other kinds may never end (`/dev/zero`), never begin (a named pipe without a
 * writer), or can be read only once (`/dev/stdin`, a shell's `<(…)`).
 *
 * @param accept looks at the open file before it is read, and throws if it should not be
 * @throws UnsuitableFile for another kind or a larger file; Node's own errors when it cannot be opened
 */
export function readBoundedFile(path: string, mostBytes: number, accept?: (stat: Stats) => void): Buffer {
  // Does not wait for a pipe's writer, and gets no controlling terminal. Windows has neither flag.
  const { O_NONBLOCK, O_NOCTTY } = constants as Partial<typeof constants>;
  const file = openSync(path, constants.O_RDONLY | (O_NONBLOCK ?? 0) | (O_NOCTTY ?? 0));
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new UnsuitableFile("is a directory, not a file");
    if (!stat.isFile()) throw new UnsuitableFile("is not a regular file");
    // Some files, such as those in /proc, report a size of 0.
    if (stat.size > mostBytes) throw tooLarge(mostBytes);
    accept?.(stat);
    let content = Buffer.alloc(Math.min(2 * stat.size + FIRST_CAPACITY, mostBytes + 1));
    let length = 0;
    for (;;) {
      if (length === content.length) content = Buffer.concat([content], Math.min(2 * length, mostBytes + 1));
      const read = readSync(file, content, length, content.length - length, null);
      length += read;
      if (read === 0) return content.subarray(0, length);
      if (length > mostBytes) throw tooLarge(mostBytes);
    }
  } finally {
    closeSync(file);
  }
}

function tooLarge(mostBytes: number): UnsuitableFile {
  const kibi = mostBytes / 1024;
  return new UnsuitableFile(`is larger than ${kibi < 1024 ? `${kibi} KiB` : `${kibi / 1024} MiB`}`);
}
