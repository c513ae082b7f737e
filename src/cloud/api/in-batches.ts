import { createHash } from "node:crypto";

/** `count` things in as few batches as possible, none larger than `max`. */
export function batchesOf(count: number, max: number): number[] {
  return Array.from({ length: Math.ceil(count / max) }, (_, nth) => Math.min(max, count - nth * max));
}

/** `items`, in slices of at most `size`. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, nth) => items.slice(nth * size, (nth + 1) * size));
}

/** Works on all items, at most `limit` at a time. A failure does not stop the others. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  const results: PromiseSettledResult<Result>[] = [];
  const rest = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of rest) {
      const [result] = await Promise.allSettled([work(item, index)]);
      results[index] = result;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}

/** A UUID that follows from its parts, for idempotency tokens: the same request, sent again, has the same one. */
export function derivedUuid(...parts: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest();
  // Version 8 (RFC 9562): ours to define.
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
