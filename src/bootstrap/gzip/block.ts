import { codeLengths, codesOf } from "./huffman.ts";
import { countsOf, DISTANCES, distanceRange, END, lengthRange, LITERALS, type Step } from "./symbols.ts";

/** Bits, the lowest first in each byte. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;

  write(value: number, bits: number): void {
    for (let bit = 0; bit < bits; bit += 1, this.#bits += 1) {
      if (this.#bits % 8 === 0) this.#bytes.push(0);
      const last = this.#bytes.length - 1;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >> bit) & 1) << (this.#bits % 8));
    }
  }

  get bits(): number {
    return this.#bits;
  }

  get bytes(): readonly number[] {
    return this.#bytes;
  }
}

/** The order in which the lengths of the lengths' own code are written (RFC 1951, 3.2.7). */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

/** Writes a block with codes of its own. */
export function writeBlock(steps: readonly Step[], isLast: boolean, out: BitWriter): void {
  const counts = countsOf(steps);
  const literals = codeLengths(counts.literals, 15);
  const distances = codeLengths(counts.distances, 15);
  out.write(isLast ? 1 : 0, 1);
  out.write(2, 2);
  writeLengths(trimmed(literals, 257), trimmed(distances, 1), out);
  const [literalCodes, distanceCodes] = [codesOf(literals), codesOf(distances)];
  const literal = (symbol: number): void => out.write(literalCodes[symbol] ?? 0, literals[symbol] ?? 0);
  for (const { length, distance, byte } of steps) {
    if (distance === 0) {
      literal(byte);
      continue;
    }
    const [of, far] = [lengthRange(length), distanceRange(distance)];
    literal(of.symbol);
    out.write(length - of.first, of.extraBits);
    out.write(distanceCodes[far.symbol] ?? 0, distances[far.symbol] ?? 0);
    out.write(distance - far.first, far.extraBits);
  }
  literal(END);
}

/** Bits of a block. */
export function blockBits(steps: readonly Step[]): number {
  const counts = countsOf(steps);
  const literals = codeLengths(counts.literals, 15);
  const distances = codeLengths(counts.distances, 15);
  const out = new BitWriter();
  writeLengths(trimmed(literals, 257), trimmed(distances, 1), out);
  let bits = 3 + out.bits;
  for (let symbol = 0; symbol < LITERALS; symbol += 1) bits += (counts.literals[symbol] ?? 0) * (literals[symbol] ?? 0);
  for (let symbol = 0; symbol < DISTANCES; symbol += 1)
    bits += (counts.distances[symbol] ?? 0) * (distances[symbol] ?? 0);
  for (const { length, distance } of steps)
    if (distance !== 0) bits += lengthRange(length).extraBits + distanceRange(distance).extraBits;
  return bits;
}

function trimmed(lengths: readonly number[], least: number): readonly number[] {
  return lengths.slice(0, Math.max(least, lengths.findLastIndex((length) => length > 0) + 1));
}

interface Run {
  readonly symbol: number;
  readonly extra: number;
  readonly extraBits: number;
}

function writeLengths(literals: readonly number[], distances: readonly number[], out: BitWriter): void {
  const runs = runsOf([...literals, ...distances]);
  const counts = Array.from({ length: 19 }, (_, symbol) => runs.filter((run) => run.symbol === symbol).length);
  const lengths = codeLengths(counts, 7);
  const codes = codesOf(lengths);
  const order = ORDER.slice(0, Math.max(4, ORDER.findLastIndex((symbol) => (lengths[symbol] ?? 0) > 0) + 1));
  out.write(literals.length - 257, 5);
  out.write(distances.length - 1, 5);
  out.write(order.length - 4, 4);
  for (const symbol of order) out.write(lengths[symbol] ?? 0, 3);
  for (const { symbol, extra, extraBits } of runs) {
    out.write(codes[symbol] ?? 0, lengths[symbol] ?? 0);
    out.write(extra, extraBits);
  }
}

/** Repeated lengths in short: 16 is the one before 3 to 6 times, 17 and 18 are zeros. */
function runsOf(lengths: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < lengths.length;) {
    const length = lengths[at] ?? 0;
    let count = 1;
    while (at + count < lengths.length && lengths[at + count] === length) count += 1;
    at += count;
    if (length !== 0) {
      runs.push({ symbol: length, extra: 0, extraBits: 0 });
      count -= 1;
    }
    while (count >= 3) {
      const most = length === 0 ? 138 : 6;
      const taken = Math.min(count, most);
      count -= taken;
      if (length !== 0) runs.push({ symbol: 16, extra: taken - 3, extraBits: 2 });
      else if (taken <= 10) runs.push({ symbol: 17, extra: taken - 3, extraBits: 3 });
      else runs.push({ symbol: 18, extra: taken - 11, extraBits: 7 });
    }
    for (; count > 0; count -= 1) runs.push({ symbol: length, extra: 0, extraBits: 0 });
  }
  return runs;
}
