import { z } from "zod";

import { durationText } from "../text/durations.ts";

/**
 * The field schemas of all options. Each carries, as metadata, the words that finish the
 * sentence "Expected the `x` option to be …", so that a schema and its error message are written in one place.
 * `.optional()` and `.default(…)` keep them.
 */
export interface FieldMeta {
  /** The description: a first sentence for a table's cell, then the details. Markdown, with options in backquotes. */
  readonly description?: string;
  /** The default in words, if the schema has none: "as `publicIp`". Markdown. */
  readonly absent?: string;
  /** Finishes "Expected the `x` option to be …". */
  readonly expected?: string;
  /** The same for a text: on a command line, in the environment or in a file. */
  readonly expectedInText?: string;
  /** Whether a text stands for itself and is never read as another value, although the option takes others, too. */
  readonly plainText?: boolean;
  /** What its number counts; a text may have another unit. */
  readonly unit?: "ms" | "GiB";
  /** Whether a number is refused, because its unit would be a guess. Such a field keeps its text. */
  readonly needsUnit?: boolean;
  /** Errors never show the value or its parts. */
  readonly secret?: boolean;
  /** The value itself is a secret, not merely a place for one. */
  readonly credential?: boolean;
  /**
   * The kind of names in a mapping. `options` (default): option names, which configuration writes as `memory_limit` and the
   * constructor as `memoryLimit`. `data`: names that stay as Dask reads them. `verbatim`: also the case that Dask would lower
   * in a variable such as `…__ENV_VARS__OMP_NUM_THREADS` stays, and its double underscores.
   */
  readonly keys?: "options" | "data" | "verbatim";
  /** The option that this alias stands for, with {@link Meaning} if the two differ in meaning. */
  readonly aliasOf?: string;
  readonly meaning?: Meaning;
  /** Only a program can give it: such a value has no text form. */
  readonly programOnly?: boolean;
  /** In a dotted section (`azure.azurevm`): documented in the outer section. */
  readonly outer?: boolean;
  /** Which clusters have the option, if more than one provider's. */
  readonly sharedBy?: SharedBy;
  /** Its TypeScript type, if the schema cannot tell. The schema's module imports the names. */
  readonly type?: string;
  /** The same after a transform. */
  readonly output?: string;
  /** An object's TypeScript name. */
  readonly name?: string;
}

/** Options of every cluster, and options of clusters on any cloud. */
export type SharedBy = "every cluster" | "every cloud";

/**
 * An alias's value, translated to its option's.
 *
 * @param beside the option's own value
 */
export type Meaning = (value: never, beside: unknown) => unknown;

declare const ALIAS: unique symbol;

/** The type of an alias's value after {@link resolveOptions}: none, because its option has it. */
export interface Alias {
  readonly [ALIAS]: true;
}

/** The largest delay that a Node timer can hold; a larger one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;
const DAY_MS = 86_400_000;

/** A whole number of things. */
export function count({ min = 0, max }: { readonly min?: number; readonly max?: number } = {}): z.ZodInt {
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  const whole = z.int().min(min);
  return describe(max === undefined ? whole : whole.max(max), { expected: `a whole number ${range}` });
}

/**
 * A duration; its option's name ends in `Ms`, and texts may have a unit: `20m`, `1h30m`. The default `max` is what a Node timer can wait
 * for, about 24 days.
 */
export function durationMs({
  min = 1,
  max = LONGEST_TIMER_MS,
}: { readonly min?: number; readonly max?: number } = {}): z.ZodInt {
  const from = min > 1 ? `from ${durationText(min)} to` : "up to";
  return describe(z.int().min(min).max(max), {
    unit: "ms",
    expected: `a whole number of milliseconds from ${min} to ${max}`,
    expectedInText: `a duration such as 20m, ${from} ${upTo(max)}`,
  });
}

/** A duration after which something happens by itself; 0 means never, as in Node's own time-outs. */
export function timeoutMs(): z.ZodInt {
  return describe(z.int().min(0).max(LONGEST_TIMER_MS), {
    unit: "ms",
    expected: `0 (never) or a whole number of milliseconds up to ${LONGEST_TIMER_MS}`,
    expectedInText: `0 (never) or a duration such as 20m, up to ${upTo(LONGEST_TIMER_MS)}`,
  });
}

/** A bound that a user can remember: whole days, if it is that long. */
function upTo(ms: number): string {
  return durationText(ms > DAY_MS ? Math.floor(ms / DAY_MS) * DAY_MS : ms);
}

/** A size in GiB; texts may have a unit: `50GB`. Clouds say GB and mean GiB. */
export function gibibytes({ min, max }: { readonly min: number; readonly max?: number }): z.ZodInt {
  const number = count({ min, ...(max === undefined ? {} : { max }) });
  const range = max === undefined ? `of at least ${min} GB` : `from ${min} to ${max} GB`;
  return describe(number, { unit: "GiB", expectedInText: `a size such as 50GB, or a whole number ${range}` });
}

export function portNumber({ min = 1 }: { readonly min?: 0 | 1 } = {}): z.ZodInt {
  return describe(z.int().min(min).max(65_535), { expected: `a port number from ${min} to 65535` });
}

export function flag(): z.ZodBoolean {
  return describe(z.boolean(), { expected: "true or false" });
}

/** A string. With `pattern`, say in `expected` what the pattern means. An empty one is refused unless `empty` is true. */
export function text({
  empty = false,
  pattern,
  expected = empty ? "a string" : "a non-empty string",
}: { readonly empty?: boolean; readonly pattern?: RegExp; readonly expected?: string } = {}): z.ZodString {
  const sized = empty ? z.string() : z.string().min(1);
  return describe(pattern === undefined ? sized : sized.regex(pattern), { expected });
}

/** One of several words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  ...words: Words
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  return describe(z.enum(words), { expected: alternatives(words.map((word) => `"${word}"`)) });
}

/** A list of strings; `each` describes one of them. */
export function textList({
  each = text(),
  min = 0,
}: { readonly each?: z.ZodString; readonly min?: number } = {}): z.ZodReadonly<z.ZodArray<z.ZodString>> {
  const expected = min === 0 ? "a list of strings" : `a list of at least ${min} string${min === 1 ? "" : "s"}`;
  return describe(z.array(each).min(min).readonly(), { expected });
}

/** Strings by name. With `verbatimKeys`, names that come from the environment keep their case. */
export function textRecord({
  each = text({ empty: true }),
  verbatimKeys = false,
}: { readonly each?: z.ZodString; readonly verbatimKeys?: boolean } = {}): z.ZodReadonly<
  z.ZodRecord<z.ZodString, z.ZodString>
> {
  return describe(z.record(z.string(), each).readonly(), {
    expected: "a mapping of names to strings",
    keys: verbatimKeys ? "verbatim" : "data",
  });
}

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Environment variables for a machine. Their values are never shown, because they often hold tokens. */
export function environmentVariables<Each extends z.ZodType = z.ZodString>(
  each: Each = text({ empty: true }) as unknown as Each,
): z.ZodReadonly<z.ZodRecord<z.ZodString, Each>> {
  const name = describe(z.string().regex(ENVIRONMENT_NAME), {
    expected: "of letters, digits and `_`, not starting with a digit",
  });
  return describe(z.record(name, each).readonly(), {
    expected: "a mapping of names to strings",
    keys: "verbatim",
    secret: true,
  });
}

/**
 * An instance of a class (a `Security`, an `AbortSignal`, a client), passed by reference, neither copied nor frozen. Such a value
 * can only come from the constructor.
 */
export function instanceOf<T>(type: abstract new (...args: never[]) => T, expected: string): z.ZodCustom<T, T> {
  return describe(
    z.custom<T>((value) => value instanceof type),
    { expected },
  );
}

/** Marks a secret field: errors never show it, and a command line that has it causes a warning. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return describe(schema, { secret: true, credential: true });
}

/**
 * An alias of an option, usually dask-cloudprovider's name, with the same schema. Its value is the option's, unless the option has
 * one from a more important source.
 */
export function aliasOf<Input>(
  option: string,
  schema: z.ZodType<unknown, Input>,
  meaning?: Meaning,
): z.ZodOptional<z.ZodType<Alias, Input>> {
  const alias = schema.optional() as unknown as z.ZodOptional<z.ZodType<Alias, Input>>;
  return describe(alias, meaning === undefined ? { aliasOf: option } : { aliasOf: option, meaning });
}

/** Adds metadata to a schema, keeping what it has: `expected` replaces the words of an error. */
export function describe<Schema extends z.ZodType>(schema: Schema, meta: FieldMeta): Schema {
  return schema.meta({ ...schema.meta(), ...meta });
}

/** Fields that several providers have. */
export function shared<Shape extends Readonly<Record<string, z.ZodType>>>(sharedBy: SharedBy, shape: Shape): Shape {
  return Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, describe(field, { sharedBy })]),
  ) as unknown as Shape;
}

function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
