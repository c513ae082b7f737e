import { z } from "zod";

import { type OptionSource, fromWhere } from "./config-tree.ts";
import { didYouMean, dotted, kebabCase, snakeCase, variableFor } from "./option-names.ts";
import { type FieldWords, innermost, schemasAlong, wordsOf } from "./schema-walk.ts";
import { showValue } from "./show-value.ts";

export interface CheckedInput {
  readonly schema: z.ZodObject;
  readonly section: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly sources: ReadonlyMap<string, OptionSource>;
  /** The values of configuration, as written. */
  readonly written: ReadonlyMap<string, unknown>;
  /** How the user spells options that are missing. */
  readonly spelling: "constructor" | "flag" | "keyword";
  /** The cluster file that they came from. */
  readonly document: string | undefined;
}

type Issue = z.core.$ZodIssue;

/** zod's message for a refinement without one. */
const NO_WORDS = "Invalid input";

/** One line for each fault of the options, with names and values as the user wrote them. */
export function problemLines(issues: readonly Issue[], checked: CheckedInput): string[] {
  return issues.flatMap((issue) => problemLine(issue, checked));
}

function problemLine(issue: Issue, checked: CheckedInput): string | string[] {
  const { path } = issue;
  const inside = insideMapping(issue);
  if (inside !== undefined) return problemLines(inside, checked);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, path, checked));
  // A rule about several options has its own sentence.
  if (path.length === 0) return issue.message;
  const along = schemasAlong(checked.schema, path);
  const words = along.map((schema) => (schema === undefined ? undefined : wordsOf(schema)));
  const secret = words.some((word) => word?.secret === true);
  const value = valueAt(checked.input, path);
  const source = sourceAt(path, checked.sources);
  const where = fromWhere(source);
  const got = `${asWritten(value, path, checked, secret || source.kind === "constructor")}${showValue(value, secret)}`;
  const [first, ...inner] = path;
  const option = String(first);
  const name = dotted([source.kind === "keyword" ? snakeCase(option) : option, ...inner]);
  if (issue.code === "invalid_key") return keyProblem(issue, checked, where);
  const ownWords = issue.code === "custom" && issue.message !== NO_WORDS ? issue.message : undefined;
  const isText = source.kind !== "constructor" && source.kind !== "default";
  const expected = ownWords ?? expectedOf(words.at(-1), isText);
  if (value === undefined && path.length === 1) return missing(option, expected, checked);
  if (expected === undefined) return `The \`${name}\` option is not valid (${issue.message}), got ${got}${where}`;
  return `Expected the \`${name}\` option to be ${expected}, got ${got}${where}`;
}

/**
 * What is wrong inside of a mapping that may be given among other kinds of values, where no two kinds are mappings. Names that are not
 * known come first: what is missing is often one of them, misspelt.
 */
function insideMapping(issue: Issue): readonly Issue[] | undefined {
  if (issue.code !== "invalid_union") return undefined;
  const isInside = (each: Issue): boolean => each.path.length > 0 || each.code === "unrecognized_keys";
  const [found, ...others] = issue.errors.filter((issues) => issues.every(isInside));
  if (found === undefined || others.length > 0) return undefined;
  const unknown = found.filter(({ code }) => code === "unrecognized_keys");
  return (unknown.length > 0 ? unknown : found).map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

function expectedOf(words: FieldWords | undefined, isText: boolean): string | undefined {
  if (words === undefined || !isText) return words?.expected;
  const { expectedInText, unit, needsUnit } = words;
  return unit === "ms" && !needsUnit ? `${expectedInText}, or whole milliseconds` : expectedInText;
}

function missing(option: string, expected: string | undefined, { section, spelling, document }: CheckedInput): string {
  const what = expected === undefined ? "" : ` (${expected})`;
  const key = `cloudprovider.${section}.${snakeCase(option)}`;
  const asWhat = {
    constructor: "to the constructor",
    flag: `as --${kebabCase(option)}`,
    keyword: `as the keyword argument ${snakeCase(option)}`,
  }[spelling];
  const place = document === undefined ? asWhat : `as ${kebabCase(option)} in ${document}`;
  return `The \`${spelling === "keyword" ? snakeCase(option) : option}\` option${what} is required: give it ${place}, in ${variableFor(section, option)}, or as ${key} in a YAML file in ~/.config/dask`;
}

function unknownKey(key: string, path: readonly PropertyKey[], { schema }: CheckedInput): string {
  const parent = path.length === 0 ? schema : schemasAlong(schema, path).at(-1);
  const inner = parent === undefined ? undefined : innermost(parent);
  const objects = (inner instanceof z.ZodUnion ? inner.options.map(innermost) : [inner]).filter(
    (each) => each instanceof z.ZodObject,
  );
  const known = objects.flatMap(({ shape }) => Object.keys(shape));
  return `Unknown option "${dotted([...path, key])}". ${didYouMean(key, known)}`;
}

function keyProblem(issue: z.core.$ZodIssueInvalidKey, { schema }: CheckedInput, where: string): string {
  const path = issue.path.slice(0, -1);
  const record = innermost(schemasAlong(schema, path).at(-1) ?? schema);
  const expected = record instanceof z.ZodRecord ? wordsOf(record.keyType).expected : undefined;
  const reason = expected ?? `valid (${issue.issues.map(({ message }) => message).join("; ")})`;
  return `Expected the name \`${String(issue.path.at(-1))}\` in the \`${dotted(path)}\` option to be ${reason}${where}`;
}

/** The written word, if it became something else: `no` in YAML is false. */
function asWritten(value: unknown, path: readonly PropertyKey[], checked: CheckedInput, hidden: boolean): string {
  const length = path
    .map((_, index) => path.length - index)
    .find((each) => checked.written.has(dotted(path.slice(0, each))));
  if (hidden || length === undefined) return "";
  const text = valueAt(checked.written.get(dotted(path.slice(0, length))), path.slice(length));
  if (typeof text !== "string" || text.toLowerCase() === String(value).toLowerCase()) return "";
  return `${showValue(text, false).replace(/ \(string\)$/u, "")} read as `;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

function sourceAt(path: readonly PropertyKey[], sources: ReadonlyMap<string, OptionSource>): OptionSource {
  for (let length = path.length; length > 0; length -= 1) {
    const source = sources.get(dotted(path.slice(0, length)));
    if (source !== undefined) return source;
  }
  return { kind: "default" };
}
