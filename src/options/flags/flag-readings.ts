import * as z from "zod";

import { isPlainObject } from "../../plain-object.ts";
import { plain } from "../config-tree.ts";
import { pythonLiteral } from "../python-literal.ts";
import { innermost, layersOf, wordsOf } from "../schema-walk.ts";

/** Possible readings of a text, the likeliest first. Mappings are Maps, and each has the same with its scalars as they were written. */
export interface TextReading {
  readonly value: unknown;
  readonly text: unknown;
}

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["none", null],
  ["null", null],
]);

/** Whether the text unsets the option: `None` in Python, `null` in YAML. */
export function isNothing(text: string): boolean {
  return WORDS.get(text.toLowerCase()) === null;
}

/**
 * What the text of a flag may mean to an option. A text option takes it as it stands, quotes and `1e3` included; a list option also
 * takes a single item, or several with commas between them; everything else may be written as in Python or as JSON.
 */
export function textReadings(
  field: z.core.$ZodType | undefined,
  text: string,
): readonly [TextReading, ...TextReading[]] {
  const schema = field === undefined ? undefined : innermost(field);
  const asWritten = same(text);
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum) return [asWritten];
  if (field !== undefined && wordsOf(field).plainText) return [asWritten];
  const structured = [pythonLiteral(text), json(text)].filter((reading) => reading !== undefined);
  const [item, ...divided] = itemReadings(text);
  const items = [same(item), ...divided.map(same)] as const;
  if (schema instanceof z.ZodArray) {
    const [first, ...more] = [...structured.filter(({ value }) => Array.isArray(value)), ...items];
    return [first ?? items[0], ...more];
  }
  const word = WORDS.get(text.toLowerCase());
  const typed = typeof word === "boolean" ? [{ value: word, text }] : [];
  const [first, ...more] = [...structured, ...typed, asWritten, ...items];
  return [first ?? asWritten, ...more];
}

/** A text as a list: one item, or several with commas between them. */
export function itemReadings(text: string): readonly [readonly string[], ...(readonly string[])[]] {
  const several = text.includes(",") ? [text.split(",").map((item) => item.trim())] : [];
  return [[text], ...several];
}

/** The first reading that an option accepts. */
export function fittingReading(
  field: z.core.$ZodType,
  readings: readonly TextReading[],
): { readonly value: unknown } | undefined {
  return readings
    .flatMap(({ value, text }) => [{ value: plain(value) }, { value: plain(text) }])
    .find(({ value }) => z.safeParse(field, value).success);
}

/** Whether an option that is given several times is a list of what is given. A text that is split by its blanks is not. */
export function mayRepeat(field: z.core.$ZodType): boolean {
  const schema = innermost(field);
  if (schema instanceof z.ZodArray) return true;
  const isChanged = layersOf(field).some((layer) => layer instanceof z.ZodPipe);
  return !isChanged && schema instanceof z.ZodUnion && schema.options.some(mayRepeat);
}

function same(value: unknown): TextReading {
  return { value, text: value };
}

/** Of JSON only what Python's literals do not hold: `true`, `false` and `null` inside a list or a mapping. */
function json(text: string): TextReading | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return { value: mapped(value), text: mapped(value, String) };
  } catch {
    return undefined;
  }
}

function mapped(value: unknown, scalar: (value: unknown) => unknown = (each) => each): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, scalar));
  if (isPlainObject(value)) return new Map(Object.entries(value).map(([key, item]) => [key, mapped(item, scalar)]));
  return value === null ? null : scalar(value);
}
