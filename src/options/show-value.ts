import { isPlainObject } from "../plain-object.ts";

const LONGEST = 60;
const MOST_ITEMS = 5;

/** A refused value in an error: `-1` (number). */
export function showValue(value: unknown, secret: boolean): string {
  const type = typeName(value);
  const shown = secret ? "[redacted]" : `\`${brief(value)}\``;
  return shown === `\`${type}\`` ? shown : `${shown} (${type})`;
}

/** Objects show only names, instances only their class: their content may be secret. */
function brief(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) {
    const more = value.length > MOST_ITEMS ? ["…"] : [];
    return `[${[...value.slice(0, MOST_ITEMS).map(brief), ...more].join(", ")}]`;
  }
  if (!isPlainObject(value)) return typeof value === "object" && value !== null ? typeName(value) : String(value);
  const names = Object.keys(value);
  return names.length === 0 ? "{}" : `{ ${shorten(names.map((name) => `${name}: …`).join(", "))} }`;
}

function text(value: string): string {
  return value.includes("-----BEGIN") ? '"-----BEGIN …"' : JSON.stringify(shorten(value));
}

function shorten(value: string): string {
  return value.length <= LONGEST ? value : `${value.slice(0, LONGEST - 1)}…`;
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "object" || isPlainObject(value)) return typeof value;
  const { constructor } = value;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "object";
}
