import { printableName } from "../../text/printable.ts";

/** What a document says of something, and what is so. */
export interface Claim {
  /** As in a sentence: `instance id`. */
  readonly what: string;
  readonly told: unknown;
  /** Undefined: nobody here knows, and what it says is not compared. */
  readonly expected: string | undefined;
}

/** The first claim that does not hold, in words; undefined where all do. */
export function mismatch(claims: readonly Claim[]): string | undefined {
  const wrong = claims.find(({ told, expected }) => expected !== undefined && told !== expected);
  return wrong && `it is about ${wrong.what} ${shown(wrong.told)}, not ${wrong.expected}`;
}

/** A value from outside, for a sentence. */
export function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? printableName(String(value), 80) : "(none)";
}

/** The members of an object in JSON. Undefined for any other text. */
export function membersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
