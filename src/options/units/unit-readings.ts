import * as z from "zod";

import { readDuration } from "../../text/durations.ts";
import { readGibibytes } from "../../text/sizes.ts";
import { wordsOf } from "../schema-walk.ts";

type Readings = readonly [unknown, ...unknown[]];

/**
 * The readings of a configured value for an option that counts a unit: `20m` is also 1,200,000. A number that was written in another
 * way than its decimal digits is read as that text alone: `1:30` in YAML is 90 to Python, and an hour and a half to its reader.
 *
 * @param readings the value, and how it was written
 */
export function unitReadings(field: z.core.$ZodType, readings: Readings): Readings {
  const { unit, needsUnit } = wordsOf(field);
  if (unit === undefined) return readings;
  const plain = readings.filter((reading) => typeof reading !== "number" || isDecimal(readings.at(1), reading));
  if (needsUnit) return nonEmpty(plain, readings);
  const read = plain.map((reading) => (typeof reading === "string" ? numberIn(reading, unit, field) : undefined));
  return nonEmpty([...read.filter((number) => number !== undefined), ...plain], readings);
}

/** Whether a text means that the option has no limit, where only its absence says so. */
export function isNever(field: z.core.$ZodType, readings: Readings): boolean {
  const { unit, absent } = wordsOf(field);
  return unit === "ms" && absent === "never" && readings.some(isNeverWord) && !z.safeParse(field, 0).success;
}

/** The number of a text with a unit; for a time-out that 0 turns off, `never` is 0. */
export function numberIn(text: string, unit: "ms" | "GiB", field: z.core.$ZodType): number | undefined {
  if (unit === "GiB") return readGibibytes(text);
  return isNeverWord(text) && z.safeParse(field, 0).success ? 0 : readDuration(text);
}

function isNeverWord(reading: unknown): boolean {
  return typeof reading === "string" && /^\s*never\s*$/iu.test(reading);
}

function isDecimal(written: unknown, value: number): boolean {
  return typeof written !== "string" || Number(written.replaceAll("_", "")) === value;
}

function nonEmpty([first, ...more]: readonly unknown[], otherwise: Readings): Readings {
  return first === undefined ? otherwise : [first, ...more];
}
