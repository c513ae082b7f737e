import { gzipSync } from "node:zlib";

/** gzip that gives the same bytes for the same text on every computer: no time, no operating system. */
export function deterministicGzip(text: string): Buffer {
  const bytes = gzipSync(text, { level: 9, memLevel: 9 });
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
}
