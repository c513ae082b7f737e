import { gzipSync } from "node:zlib";

/** With less memory the blocks are shorter, each with a code of its own: keys and programs have few letters in common. */
const MEMORY_LEVELS = [5, 6, 7, 8, 9] as const;

/** The shortest gzip that zlib has for a text, the same on every computer: no time, no operating system. */
export function deterministicGzip(text: string): Buffer {
  const candidates = MEMORY_LEVELS.map((memLevel) => gzipSync(text, { level: 9, memLevel }));
  const bytes = candidates.reduce((best, next) => (next.length < best.length ? next : best));
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
}
