import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const FIRST_CAPACITY = 4096;

/** Why a file that is there is not read, as what follows its name in a sentence: `is a directory, not a file`. */
export class UnsuitableFile extends Error {}

/**
 * Reads a regular file, or a link to one, of bounded size. Others may never end (`/dev/zero`), never begin (a named pipe to which
 * nobody writes), or tell their content only once (`/dev/stdin`, a shell's `<(…)`).
 *
 * @throws UnsuitableFile where it is no such file; Node's own errors where there is none that may be read
 */
export function readBoundedFile(path: string, mostBytes: number): Buffer {
  // Not to wait for who writes to a pipe, nor to be given a terminal. Windows knows neither.
  const { O_NONBLOCK, O_NOCTTY } = constants as Partial<typeof constants>;
  const file = openSync(path, constants.O_RDONLY | (O_NONBLOCK ?? 0) | (O_NOCTTY ?? 0));
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new UnsuitableFile("is a directory, not a file");
    if (!stat.isFile()) throw new UnsuitableFile("is not a regular file");
    // Some files, such as those in /proc, say that they are empty.
    if (stat.size > mostBytes) throw tooLarge(mostBytes);
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
