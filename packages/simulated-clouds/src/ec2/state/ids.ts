import { createHash, randomBytes } from "node:crypto";

const LONG_ID_LETTERS = 17;

/** A new id such as `i-0123456789abcdef0`. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** The id of something that is always there, the same for the same text. */
export function fixedId(prefix: string, text: string): string {
  const hash = createHash("sha256").update(`${prefix} ${text}`).digest("hex");
  return `${prefix}-0${hash.slice(0, LONG_ID_LETTERS - 1)}`;
}

/** Spot requests have ids of another form: `sir-` and eight letters or digits. */
export function newSpotRequestId(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  return `sir-${Array.from(randomBytes(8), (byte) => letters[byte % letters.length]).join("")}`;
}

export function isId(prefix: string, text: string): boolean {
  if (prefix === "sir") return /^sir-[a-z0-9]{8}$/u.test(text);
  return new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`, "u").test(text);
}
