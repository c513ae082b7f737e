import * as z from "zod";

import type { Environment } from "../environment.ts";
import { camelCase, kebabCase } from "../option-names.ts";
import { entriesSchema, innermost } from "../schema-walk.ts";
import { withDottedNames } from "./dotted-names.ts";
import type { Flag } from "./flags.ts";

/** Short names of mappings, for one entry at a time. */
const SHORT_FORMS: ReadonlyMap<string, string> = new Map([
  ["env", "envVars"],
  ["tag", "tags"],
]);

/** The short form of a variable whose value is in a store of secrets. */
const FROM = "env-from";

/** A name, and then the value as it stands. A mapping as in Python or JSON begins with a bracket, a list of words has blanks. */
const ENTRY = /^([^\s={}[\]"']+)=([^]*)$/u;
const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

/**
 * Flags with each entry of a mapping in its own place: `--env A=1` and `--env-vars A=1` are `--env-vars.A=1`, in a worker group
 * too: `--workers.gpu.env A=1`. A name may have dots: `--registries.ghcr.io.username me`. `--env-from A=gcp-sm:…` is `--env-vars.A.from=gcp-sm:…`, a reference and no value. Only the first `=`
 * divides, and commas stay. `--env A` takes the value from `env`, so that a secret is not on the command line. Faults are added to
 * `problems`, without values.
 */
export function entryFlags(
  flags: readonly Flag[],
  schema: z.ZodObject,
  env: Environment,
  problems: string[],
): readonly Flag[] {
  return flags.flatMap((flag) => {
    const entry = entryOf(flag, schema, env);
    if (typeof entry === "string") problems.push(entry);
    return typeof entry === "string" ? [] : [withNames(entry, schema)];
  });
}

function withNames(flag: Flag, schema: z.ZodObject): Flag {
  const [name, ...inner] = flag.path;
  const field = fieldIn(schema, name);
  return field === undefined ? flag : { ...flag, path: [name, ...withDottedNames(field, inner)] };
}

/** The short forms of a schema's mappings. */
export function shortFormsIn(schema: z.ZodObject): readonly string[] {
  const forms = [...SHORT_FORMS.values()].flatMap((option) => shortFormsOf(option, schema));
  return "envVars" in schema.shape ? [...forms, FROM] : forms;
}

/** The short forms of one mapping: `env` of `envVars`. */
export function shortFormsOf(option: string, { shape }: z.ZodObject): readonly string[] {
  return [...SHORT_FORMS].flatMap(([short, each]) =>
    each === option && each in shape && !(short in shape) ? [short] : [],
  );
}

function entryOf(flag: Flag, schema: z.ZodObject, env: Environment): Flag | string {
  const { path, value, written } = flag;
  const at = placeIn(path, schema);
  if (at === undefined) return flag;
  const { inside, name } = at;
  const fields: Readonly<Record<string, z.core.$ZodType>> = at.schema.shape;
  if (name === FROM && "envVars" in fields) return fromStore(flag, inside);
  const short = shortFormsIn(at.schema).includes(name) ? SHORT_FORMS.get(name) : undefined;
  const option = short ?? camelCase(name);
  const field = Object.hasOwn(fields, option) ? fields[option] : undefined;
  if (field === undefined || !isMapping(field)) return flag;
  const [, key, text = ""] = typeof value === "string" ? (ENTRY.exec(value) ?? []) : [];
  const whole = [...inside, kebabCase(option)] as unknown as Flag["path"];
  if (key !== undefined) return { written: `${written} ${key}`, path: [...whole, ...key.split(".")], value: text };
  if (short === undefined) return flag;
  if (option === "envVars" && typeof value === "string") return fromEnvironment({ written, path: whole }, value, env);
  return option === "envVars"
    ? `The option ${written} needs a value: NAME=VALUE, or NAME alone for a variable of this shell.`
    : `The option ${written} needs a value: NAME=VALUE.`;
}

/** The option that a path names, and the schema that knows it: the cluster's, or a worker group's. Undefined inside an option. */
function placeIn(
  [name, ...more]: Flag["path"],
  schema: z.ZodObject,
): { readonly schema: z.ZodObject; readonly inside: readonly string[]; readonly name: string } | undefined {
  const [entry = "", inner = "", ...deeper] = more;
  if (more.length === 0) return { schema, inside: [], name };
  const entries = entriesSchema(fieldIn(schema, name));
  if (entries === undefined || more.length === 1 || deeper.length > 0) return undefined;
  return { schema: entries, inside: [name, entry], name: inner };
}

function fieldIn({ shape }: z.ZodObject, name: string): z.core.$ZodType | undefined {
  const option = camelCase(name);
  return Object.hasOwn(shape, option) ? (shape as Readonly<Record<string, z.core.$ZodType>>)[option] : undefined;
}

function fromEnvironment(
  { written, path }: Pick<Flag, "written" | "path">,
  name: string,
  env: Environment,
): Flag | string {
  // It may be a secret whose name was forgotten.
  if (!ENVIRONMENT_NAME.test(name))
    return `Expected the option ${written} to get NAME=VALUE, or the NAME of a variable: letters, digits and \`_\`, not starting with a digit.`;
  const value = env[name];
  if (value === undefined) return `${written} ${name} takes the variable ${name} from this shell, where it is not set.`;
  return { written: `${written} ${name}`, path: [...path, name], value, isHidden: true };
}

function fromStore({ value, written }: Flag, inside: readonly string[]): Flag | string {
  const [, name, reference] = typeof value === "string" ? (ENTRY.exec(value) ?? []) : [];
  // It may be a secret that stands there instead.
  if (name === undefined || reference === undefined || !ENVIRONMENT_NAME.test(name))
    return `Expected the option ${written} to get NAME=REFERENCE, such as TOKEN=gcp-sm:projects/lab/secrets/token.`;
  const path = [...inside, "env-vars", name, "from"] as unknown as Flag["path"];
  return { written: `${written} ${name}`, path, value: reference };
}

export function isMapping(field: z.core.$ZodType): boolean {
  const schema = innermost(field);
  return schema instanceof z.ZodRecord || schema instanceof z.ZodObject;
}
