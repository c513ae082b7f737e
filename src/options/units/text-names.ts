import * as z from "zod";

import { durationText, readDuration } from "../../text/durations.ts";
import { aliasOf, describe } from "../fields.ts";
import { withoutUnit } from "../option-names.ts";
import { wordsOf } from "../schema-walk.ts";
import { numberIn } from "./unit-readings.ts";

const KNOWN = new WeakMap<z.ZodObject, z.ZodObject>();

/**
 * A schema with the names that only texts have: `maxLifetime` beside `maxLifetimeMs`, as `--max-lifetime 4h`. A program has the name
 * with the unit alone, as its values are numbers.
 */
export function withTextNames(schema: z.ZodObject): z.ZodObject {
  const known = KNOWN.get(schema);
  if (known !== undefined) return known;
  const fields: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const added = Object.entries(fields).flatMap(([name, field]) => {
    const textName = textNameOf(name, field);
    return textName === name || textName in fields ? [] : [[textName, durationField(name, field)] as const];
  });
  const extended = schema.safeExtend(Object.fromEntries(added));
  KNOWN.set(schema, extended);
  return extended;
}

/** The name of an option in texts: `maxLifetime` for the duration `maxLifetimeMs`. */
export function textNameOf(name: string, field: z.core.$ZodType): string {
  return wordsOf(field).unit === "ms" ? withoutUnit(name) : name;
}

function durationField(name: string, field: z.core.$ZodType): z.ZodType {
  const { aliasOf: target = name, meaning = (value: never) => value, expectedInText, absent } = wordsOf(field);
  const expected = expectedInText ?? "a duration such as 20m";
  const schema = z.union([z.string(), z.number()]).superRefine((value, context) => {
    const ms = millisecondsOf(value, field);
    const message = ms === undefined && isNumber(value) ? withItsUnit(Number(value)) : expected;
    if (ms === undefined || !z.safeParse(field, ms).success) context.addIssue({ code: "custom", message });
  });
  return describe(
    aliasOf(target, schema, (value, beside) => meaning(millisecondsOf(value, field) as never, beside)),
    { unit: "ms", needsUnit: true, expected, ...(absent === undefined ? {} : { absent }) },
  );
}

function millisecondsOf(value: string | number, field: z.core.$ZodType): number | undefined {
  return typeof value === "string" ? numberIn(value, "ms", field) : readDuration(String(value));
}

function isNumber(value: string | number): boolean {
  return /^\d+(?:\.\d+)?$/u.test(String(value).trim());
}

/** Names the fix for a number whose unit is a guess. */
function withItsUnit(number: number): string {
  const examples =
    number < 1000
      ? `${number}s, ${number}m or ${number}h`
      : `${number}ms (${durationText(number)}) or ${number}s (${durationText(number * 1000)})`;
  return `a duration with its unit, such as ${examples}`;
}
