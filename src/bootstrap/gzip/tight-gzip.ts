import { crc32 } from "node:zlib";

import { BitWriter, blockBits, writeBlock } from "./block.ts";
import { findMatches, type Matches } from "./matches.ts";
import { shortestSteps } from "./shortest-steps.ts";
import type { Step } from "./symbols.ts";

/** Places at which a block is tried to be split, at each round. */
const TRIES = 24;
const SMALLEST_BLOCK = 200;

/**
 * gzip at its best, as zopfli has it: 4 % shorter than zlib's level 9, for a hundred times its time. EC2's limit of user data is worth
 * that; nobody else should wait for it.
 */
export function tightGzip(text: string): Buffer {
  const bytes = Buffer.from(text);
  const matches = findMatches(bytes);
  const first = shortestSteps(bytes, matches, 0, bytes.length);
  const out = new BitWriter();
  const blocks = blocksOf(first);
  let begin = 0;
  for (const [index, block] of blocks.entries()) {
    const end = begin + block.reduce((sum, { length }) => sum + length, 0);
    writeBlock(better(block, bytes, matches, begin, end), index === blocks.length - 1, out);
    begin = end;
  }
  // No time, no name, an unknown system: the same on every computer.
  const header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([Buffer.from([...header, ...out.bytes]), trailer]);
}

/** A block has statistics of its own. */
function better(
  block: readonly Step[],
  bytes: Uint8Array,
  matches: readonly Matches[],
  begin: number,
  end: number,
): readonly Step[] {
  const own = shortestSteps(bytes, matches, begin, end);
  return blockBits(own) < blockBits(block) ? own : block;
}

/** Splits steps wherever two blocks with codes of their own are shorter than one. */
function blocksOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const whole = blockBits(steps);
  let [best, least] = [0, whole];
  let [from, to] = [SMALLEST_BLOCK, steps.length - SMALLEST_BLOCK];
  // Each round looks closer at where the one before was best.
  while (to - from > 8) {
    const stride = Math.max(1, Math.floor((to - from) / TRIES));
    let here = from;
    let leastHere = Infinity;
    for (let at = from; at <= to; at += stride) {
      const bits = blockBits(steps.slice(0, at)) + blockBits(steps.slice(at));
      if (bits < leastHere) [here, leastHere] = [at, bits];
    }
    if (leastHere < least) [best, least] = [here, leastHere];
    if (stride === 1) break;
    [from, to] = [Math.max(from, here - stride), Math.min(to, here + stride)];
  }
  if (best === 0) return [steps];
  return [...blocksOf(steps.slice(0, best)), ...blocksOf(steps.slice(best))];
}
