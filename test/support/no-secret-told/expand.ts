import { gunzipSync, inflateSync } from "node:zlib";

/** One reading of some bytes. */
export interface Reading {
  /** One character for each byte. */
  readonly text: string;
  /** How it was come by: `base64 › gzip`. Empty for the bytes themselves. */
  readonly how: string;
}

const DEEPEST = 6;
const MOST_BYTES = 32 * 1024 * 1024;
/** Shorter runs hold no key. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{40,}={0,2}/g;
/** Lines of base64, as PEM, YAML and MIME break it, with the indentation that they have there. */
const BASE64_LINES =
  /(?:^|\n)(?:[ \t]*[A-Za-z0-9+/_-]{20,}={0,2}[ \t]*\r?(?:\n|$)){2,}(?:[ \t]*[A-Za-z0-9+/_-]+={0,2})?/g;
const HEX_RUN = /(?:[0-9a-fA-F]{2}[ :,]{0,2}){32,}/g;
const PERCENT = /%([0-9a-fA-F]{2})/g;
const JSON_ESCAPE = /\\(?:u00([0-9a-fA-F]{2})|([bfnrt/"\\]))/g;
const ESCAPED: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Everything that some bytes can be read as: unpacked, decoded, unescaped, and that again.
 *
 * @param isWhole what is not read any further
 */
export function* readings(bytes: Buffer, isWhole: (text: string) => boolean = () => false): Generator<Reading> {
  const seen = new Set<string>();
  const waiting: (Reading & { readonly depth: number })[] = [{ text: bytes.toString("latin1"), how: "", depth: 0 }];
  let total = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { text, how, depth } = next;
    total += text.length;
    if (seen.has(text) || total > MOST_BYTES) continue;
    seen.add(text);
    yield { text, how };
    if (depth === DEEPEST || isWhole(text)) continue;
    for (const [name, further] of decoded(text)) {
      waiting.push({ text: further, how: how === "" ? name : `${how} › ${name}`, depth: depth + 1 });
    }
  }
}

function* decoded(text: string): Generator<readonly [string, string]> {
  const bytes = Buffer.from(text, "latin1");
  if (text.startsWith("\u001F\u008B")) yield* tried("gzip", () => gunzipSync(bytes, { maxOutputLength: MOST_BYTES }));
  else if (text.startsWith("x")) yield* tried("deflate", () => inflateSync(bytes, { maxOutputLength: MOST_BYTES }));
  if (text.includes("%")) {
    const plain = text.replaceAll(PERCENT, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (plain !== text) yield ["percent", plain];
  }
  if (text.includes("\\")) {
    const plain = text.replaceAll(JSON_ESCAPE, (_, hex: string | undefined, letter = "") =>
      hex === undefined ? (ESCAPED[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (plain !== text) yield ["JSON", plain];
  }
  for (const [run] of text.matchAll(BASE64_RUN)) yield* base64(run);
  for (const [lines] of text.matchAll(BASE64_LINES)) yield* base64(lines.replaceAll(/\s/g, ""));
  for (const [run] of text.matchAll(HEX_RUN)) {
    yield ["hex", Buffer.from(run.replaceAll(/[ :,]/g, ""), "hex").toString("latin1")];
  }
}

/** Letters before it, which nothing separates from it, shift what it stands for. */
function* base64(run: string): Generator<readonly [string, string]> {
  for (let shift = 0; shift < 4; shift += 1) {
    const text = Buffer.from(run.slice(shift), "base64").toString("latin1");
    if (text.length >= 24) yield ["base64", text];
  }
}

function* tried(name: string, unpack: () => Buffer): Generator<readonly [string, string]> {
  try {
    yield [name, unpack().toString("latin1")];
  } catch {
    // It only began like that.
  }
}
