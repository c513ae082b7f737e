/**
 * Lengths of an optimal prefix code, none above `longest` (package-merge). Symbols that do not occur get 0. At least two symbols get a
 * length: some readers refuse a code of one.
 */
export function codeLengths(counts: readonly number[], longest: number): number[] {
  const lengths = counts.map(() => 0);
  const used = counts.flatMap((count, symbol) => (count > 0 ? [symbol] : []));
  for (let symbol = 0; used.length < 2; symbol += 1) if (!used.includes(symbol)) used.push(symbol);
  const leaves = used
    .map((symbol): Package => ({ weight: counts[symbol] ?? 0, symbols: [symbol] }))
    .toSorted((a, b) => a.weight - b.weight);
  let packages: readonly Package[] = [];
  for (let level = 0; level < longest; level += 1) packages = pairs(merged(leaves, packages));
  // The last pairing took two of each pair that counts.
  for (const { symbols } of packages.slice(0, used.length - 1))
    for (const symbol of symbols) lengths[symbol] = (lengths[symbol] ?? 0) + 1;
  return lengths;
}

interface Package {
  readonly weight: number;
  readonly symbols: readonly number[];
}

function pairs(items: readonly Package[]): Package[] {
  const made: Package[] = [];
  for (let at = 0; at + 1 < items.length; at += 2) {
    const [one, other] = [items[at], items[at + 1]] as [Package, Package];
    made.push({ weight: one.weight + other.weight, symbols: [...one.symbols, ...other.symbols] });
  }
  return made;
}

function merged(one: readonly Package[], other: readonly Package[]): Package[] {
  return [...one, ...other].toSorted((a, b) => a.weight - b.weight);
}

/** The codes of these lengths, in the order of bits that deflate writes (RFC 1951, 3.2.2). */
export function codesOf(lengths: readonly number[]): number[] {
  const next: number[] = [];
  let code = 0;
  for (let bits = 1; bits <= 15; bits += 1) {
    next[bits] = code;
    code = (code + lengths.filter((length) => length === bits).length) << 1;
  }
  return lengths.map((length) => {
    if (length === 0) return 0;
    const own = next[length] ?? 0;
    next[length] = own + 1;
    return reversed(own, length);
  });
}

function reversed(code: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit += 1) result |= ((code >> bit) & 1) << (bits - 1 - bit);
  return result;
}
