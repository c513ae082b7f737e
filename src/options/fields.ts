import { z } from "zod";

/**
 * The field schemas that every cluster's options are made of. Each carries, as metadata, the words that finish the
 * sentence "Expected the `x` option to be …", so that a schema and its error message are written in one place.
 * `.optional()` and `.default(…)` keep them.
 */
export interface FieldMeta {
  /** What the option is: a first sentence that fits a table's cell, then the details. Markdown, with options in backquotes. */
  readonly description?: string;
  /** What holds where nothing is given and the schema has no default: "as `publicIp`". Markdown. */
  readonly absent?: string;
  /** Finishes "Expected the `x` option to be …". */
  readonly expected?: string;
  /** Never show the value, nor anything inside it, in an error. */
  readonly secret?: boolean;
  /** Its value is a secret by itself, and not only where one may stand. */
  readonly credential?: boolean;
  /**
   * What the names in a mapping are. `options` (default): option names, which configuration writes as `memory_limit` and the
   * constructor as `memoryLimit`. `data`: names that stay as Dask reads them. `verbatim`: also the case that Dask would lower
   * in a variable such as `…__ENV_VARS__OMP_NUM_THREADS` stays, and its double underscores.
   */
  readonly keys?: "options" | "data" | "verbatim";
  /** The option that this is another name of, with {@link Meaning} where the two mean it differently. */
  readonly aliasOf?: string;
  readonly meaning?: Meaning;
  /** Only a program can give it: no text stands for such a value. */
  readonly programOnly?: boolean;
  /** In a dotted section (`azure.azurevm`): the documentation has it in the outer one. */
  readonly outer?: boolean;
  /** Its type as TypeScript has it, where the schema cannot tell. What it names, the schema's module imports. */
  readonly type?: string;
  /** The same for what a transform makes of it. */
  readonly output?: string;
  /** An object's name in TypeScript. */
  readonly name?: string;
}

/**
 * What an alias's value means in its option.
 *
 * @param beside what the option itself was given
 */
export type Meaning = (value: never, beside: unknown) => unknown;

declare const ALIAS: unique symbol;

/** The type of an alias's value after {@link resolveOptions}: there is none, since its option has it. */
export interface Alias {
  readonly [ALIAS]: true;
}

/** The largest delay that a Node timer can hold; a larger one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** A whole number of things. */
export function count({ min = 0, max }: { readonly min?: number; readonly max?: number } = {}): z.ZodInt {
  const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  const whole = z.int().min(min);
  return describe(max === undefined ? whole : whole.max(max), { expected: `a whole number ${range}` });
}

/** A duration; its option's name ends in `Ms`. The default `max` is what a Node timer can wait for, about 24 days. */
export function durationMs({
  min = 1,
  max = LONGEST_TIMER_MS,
}: { readonly min?: number; readonly max?: number } = {}): z.ZodInt {
  return describe(z.int().min(min).max(max), { expected: `a whole number of milliseconds from ${min} to ${max}` });
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

/** One of a few words. */
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

/** Environment variables for a machine. Their values are never shown: they are where people put their tokens. */
export function environmentVariables(): z.ZodReadonly<z.ZodRecord<z.ZodString, z.ZodString>> {
  const name = describe(z.string().regex(ENVIRONMENT_NAME), {
    expected: "of letters, digits and `_`, not starting with a digit",
  });
  return describe(z.record(name, text({ empty: true })).readonly(), {
    expected: "a mapping of names to strings",
    keys: "verbatim",
    secret: true,
  });
}

/**
 * An instance of a class (a `Security`, an `AbortSignal`, a client), handed on by reference: it is neither copied nor
 * frozen. Such a value can only come from the constructor.
 */
export function instanceOf<T>(type: abstract new (...args: never[]) => T, expected: string): z.ZodCustom<T, T> {
  return describe(
    z.custom<T>((value) => value instanceof type),
    { expected },
  );
}

/** Marks a field whose value is a secret: it is never shown in an error, and has better places than a command line. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return describe(schema, { secret: true, credential: true });
}

/**
 * Another name of an option, dask-cloudprovider's as a rule, with the same schema. What it is given counts as the option's value,
 * unless that comes from a more important source.
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

function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
