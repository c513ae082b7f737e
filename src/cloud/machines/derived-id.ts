import { createHash } from "node:crypto";

/** A UUID that follows from its parts, for idempotency tokens: the same request, sent again, has the same one. */
export function derivedUuid(...parts: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest();
  // Version 8 (RFC 9562): ours to define.
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
