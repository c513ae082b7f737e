const GIB_BY_UNIT: ReadonlyMap<string, number> = new Map([
  ["m", 1 / 1024],
  ["g", 1],
  ["t", 1024],
]);

const SIZE = /^(\d+(?:\.\d+)?|\.\d+)\s*([mgt])(?:i?b)?$/iu;

/**
 * Reads `50GB`, `50 GiB`, `50G`, `1TB` and `1.5TiB` as whole GiB, undefined for anything else. Clouds say GB and mean GiB, so both are
 * read as GiB.
 */
export function readGibibytes(text: string): number | undefined {
  const [, amount = "", unit = ""] = SIZE.exec(text.trim()) ?? [];
  const gib = Number(amount) * (GIB_BY_UNIT.get(unit.toLowerCase()) ?? Number.NaN);
  return Number.isSafeInteger(gib) ? gib : undefined;
}
