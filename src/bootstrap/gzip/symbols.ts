/** The symbols of literals, the end of a block (256) and lengths, and those of distances (RFC 1951, 3.2.5). */
export const LITERALS = 286;
export const DISTANCES = 30;
export const END = 256;

interface Range {
  readonly symbol: number;
  readonly extraBits: number;
  readonly first: number;
}

/** A step of deflate: a byte, or a match with the position and the length of what it repeats. */
export interface Step {
  /** Bytes that it stands for. */
  readonly length: number;
  /** 0 for a byte. */
  readonly distance: number;
  readonly byte: number;
}

function ranges(firstSymbol: number, first: number, extra: readonly number[]): readonly Range[] {
  const made: Range[] = [];
  let value = first;
  for (const [index, extraBits] of extra.entries()) {
    made.push({ symbol: firstSymbol + index, extraBits, first: value });
    value += 2 ** extraBits;
  }
  return made;
}

const LENGTH_EXTRA = Array.from({ length: 28 }, (_, index) => (index < 8 ? 0 : (index >> 2) - 1));
const LENGTH_RANGES = [...ranges(257, 3, LENGTH_EXTRA), { symbol: 285, extraBits: 0, first: 258 }];
const DISTANCE_EXTRA = Array.from({ length: DISTANCES }, (_, index) => (index < 4 ? 0 : (index >> 1) - 1));
const DISTANCE_RANGES = ranges(0, 1, DISTANCE_EXTRA);

const BY_LENGTH: readonly Range[] = Array.from({ length: 259 }, (_, length) => rangeOf(LENGTH_RANGES, length));

export function lengthRange(length: number): Range {
  return BY_LENGTH[length] as Range;
}

export function distanceRange(distance: number): Range {
  // Two symbols for each power of two.
  if (distance <= 4) return DISTANCE_RANGES[distance - 1] as Range;
  const power = 31 - Math.clz32(distance - 1);
  return DISTANCE_RANGES[2 * power + (((distance - 1) >> (power - 1)) & 1)] as Range;
}

function rangeOf(all: readonly Range[], value: number): Range {
  return all.findLast(({ first }) => first <= value) ?? (all[0] as Range);
}

/** How often each symbol occurs in a block of these steps, its end included. */
export function countsOf(steps: readonly Step[]): { readonly literals: number[]; readonly distances: number[] } {
  const literals = Array.from({ length: LITERALS }, () => 0);
  const distances = Array.from({ length: DISTANCES }, () => 0);
  literals[END] = 1;
  const count = (of: number[], symbol: number): void => void (of[symbol] = (of[symbol] ?? 0) + 1);
  for (const { length, distance, byte } of steps) {
    count(literals, distance === 0 ? byte : lengthRange(length).symbol);
    if (distance !== 0) count(distances, distanceRange(distance).symbol);
  }
  return { literals, distances };
}
