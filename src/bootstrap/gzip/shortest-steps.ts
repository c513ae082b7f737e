import { type Matches, SHORTEST } from "./matches.ts";
import { countsOf, distanceRange, lengthRange, type Step } from "./symbols.ts";

/** Bits that a symbol costs. */
interface Costs {
  readonly literals: readonly number[];
  readonly distances: readonly number[];
}

const ROUNDS = 5;

/**
 * The steps for a part of the bytes that cost the fewest bits, if each symbol costs what it did in the round before: what is used often
 * becomes cheap.
 */
export function shortestSteps(
  bytes: Uint8Array,
  matches: readonly Matches[],
  begin: number,
  end: number,
): readonly Step[] {
  let costs: Costs = { literals: Array.from({ length: 286 }, () => 7), distances: Array.from({ length: 30 }, () => 5) };
  let [best, least]: [readonly Step[], number] = [[], Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    const steps = cheapest(bytes, matches, { begin, end, costs });
    costs = costsOf(steps);
    const bits = bitsOf(steps, costs);
    if (bits < least) [best, least] = [steps, bits];
  }
  return best;
}

/** Bits of these steps by their own statistics, without the codes' description. */
export function entropyOf(steps: readonly Step[]): number {
  return bitsOf(steps, costsOf(steps));
}

function costsOf(steps: readonly Step[]): Costs {
  const { literals, distances } = countsOf(steps);
  return { literals: bitsEach(literals), distances: bitsEach(distances) };
}

function bitsEach(counts: readonly number[]): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const dear = Math.log2(all + 1) + 1;
  return counts.map((count) => (count === 0 ? dear : Math.max(1, Math.log2(all / count))));
}

function bitsOf(steps: readonly Step[], costs: Costs): number {
  return steps.reduce((sum, step) => sum + stepBits(step, costs), 0);
}

function stepBits({ length, distance, byte }: Step, { literals, distances }: Costs): number {
  if (distance === 0) return literals[byte] ?? 0;
  const [of, far] = [lengthRange(length), distanceRange(distance)];
  return (literals[of.symbol] ?? 0) + of.extraBits + (distances[far.symbol] ?? 0) + far.extraBits;
}

function cheapest(
  bytes: Uint8Array,
  matches: readonly Matches[],
  { begin, end, costs }: { readonly begin: number; readonly end: number; readonly costs: Costs },
): readonly Step[] {
  const size = end - begin;
  const total = new Float64Array(size + 1).fill(Infinity);
  const lengths = new Uint16Array(size + 1);
  const distances = new Uint16Array(size + 1);
  total[0] = 0;
  const byLength = Array.from({ length: 259 }, (_, length) => {
    const { symbol, extraBits } = lengthRange(length);
    return (costs.literals[symbol] ?? 0) + extraBits;
  });
  const offer = (to: number, bits: number, length: number, distance: number): void => {
    if (to > size || bits >= (total[to] ?? 0)) return;
    [total[to], lengths[to], distances[to]] = [bits, length, distance];
  };
  for (let at = 0; at < size; at += 1) {
    const so = total[at] ?? 0;
    offer(at + 1, so + (costs.literals[bytes[begin + at] ?? 0] ?? 0), 1, 0);
    const { lengths: found, distances: places } = matches[begin + at] as Matches;
    let length = SHORTEST;
    for (const [index, longest] of found.entries()) {
      const distance = places[index] ?? 0;
      const { symbol, extraBits } = distanceRange(distance);
      const far = so + (costs.distances[symbol] ?? 0) + extraBits;
      for (; length <= longest; length += 1) offer(at + length, far + (byLength[length] ?? 0), length, distance);
    }
  }
  const steps: Step[] = [];
  for (let at = size; at > 0; at -= lengths[at] ?? 1) {
    steps.push({ length: lengths[at] ?? 1, distance: distances[at] ?? 0, byte: bytes[begin + at - 1] ?? 0 });
  }
  return steps.toReversed();
}
