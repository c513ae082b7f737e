/** RFC 1951: the shortest and the longest match, and how far back one may begin. */
export const SHORTEST = 3;
export const LONGEST = 258;
const WINDOW = 32_768;

/** The nearest place of each length of match at a position: `lengths` ascends, and `distances` with it. */
export interface Matches {
  readonly lengths: readonly number[];
  readonly distances: readonly number[];
}

const NONE: Matches = { lengths: [], distances: [] };

/** All that is worth knowing of earlier occurrences, for each position. Thorough: meant for tens of kilobytes. */
export function findMatches(bytes: Uint8Array): readonly Matches[] {
  const last = new Map<number, number>();
  const before = new Int32Array(bytes.length).fill(-1);
  const found: Matches[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    if (at + SHORTEST > bytes.length) {
      found.push(NONE);
      continue;
    }
    const key = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16);
    before[at] = last.get(key) ?? -1;
    last.set(key, at);
    found.push(matchesAt(bytes, at, before));
  }
  return found;
}

function matchesAt(bytes: Uint8Array, at: number, before: Int32Array): Matches {
  const [lengths, distances]: [number[], number[]] = [[], []];
  const most = Math.min(LONGEST, bytes.length - at);
  let best = SHORTEST - 1;
  for (let from = before[at] ?? -1; from >= 0 && at - from <= WINDOW && best < most; from = before[from] ?? -1) {
    if (bytes[from + best] !== bytes[at + best]) continue;
    let length = SHORTEST;
    while (length < most && bytes[from + length] === bytes[at + length]) length += 1;
    if (length <= best) continue;
    best = length;
    lengths.push(length);
    distances.push(at - from);
  }
  return lengths.length === 0 ? NONE : { lengths, distances };
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
