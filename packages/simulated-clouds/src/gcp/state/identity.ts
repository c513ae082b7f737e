import { createHash } from "node:crypto";

let last = 4_611_686_018_427_000_000n;

/** A number as Compute Engine gives them: too large for a JavaScript number. */
export function newId(): string {
  last += 7919n;
  return String(last);
}

/** What stands for the state of something in optimistic locking. */
export function fingerprintOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("base64")
    .slice(0, 11)
    .concat("=")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** RFC 3339, as Compute Engine writes it. */
export function timestamp(simMs: number): string {
  return new Date(simMs).toISOString().replace("Z", "-00:00");
}

/** The number that a project, or anything else that is always there, has beside its name. */
export function numberOf(name: string): string {
  const digest = createHash("sha256").update(name).digest();
  return String(100_000_000_000 + (digest.readUIntBE(0, 6) % 899_999_999_999));
}
