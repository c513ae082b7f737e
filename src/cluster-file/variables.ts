import * as z from "zod";

import { type ConfigLeaf, type ConfigNode, type ConfigTree, fromWhere, plain } from "../options/config-tree.ts";
import type { Environment } from "../options/environment.ts";
import { textReadings } from "../options/flags/flag-readings.ts";
import { namesASecret } from "../options/flags/flag-tree.ts";
import { kebabCase } from "../options/option-names.ts";
import { innermost, layersOf, wordsOf } from "../options/schema-walk.ts";
import { isPlainObject } from "../plain-object.ts";

/** `${NAME}`, `${NAME:-default}`; `$${` is a `${` that stays. */
const VARIABLE = /\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/gu;

/** Shell commands of machines: their variables are the machine's. */
const SCRIPTS: ReadonlySet<string> = new Set(["preBootstrap", "extraBootstrap"]);
/** Mappings that hold secrets in practice, such as start scripts. */
const HOLDS_ANYTHING: ReadonlySet<string> = new Set(["instanceMetadata"]);

type Permission = "any variable" | "no secret" | "as written" | "none";

/**
 * Whether an option may name a variable of the environment. The record keeps all options except credentials, and the machines are told
 * most of them: an option that often holds a secret may not.
 */
export function permissionFor(option: string, field: z.core.$ZodType): Permission {
  const { secret, credential } = wordsOf(field);
  if (credential) return "any variable";
  if (SCRIPTS.has(option)) return "as written";
  if (secret || HOLDS_ANYTHING.has(option)) return "none";
  return isPlainText(field) ? "no secret" : "none";
}

/** A scalar, a list of scalars, or a mapping of names to texts, such as tags. */
function isPlainText(field: z.core.$ZodType): boolean {
  const schema = innermost(field);
  if (schema instanceof z.ZodUnion) return schema.options.every(isPlainText);
  if (schema instanceof z.ZodArray) return isPlainText(schema.element);
  if (schema instanceof z.ZodObject) return Object.values(schema.shape).every(isPlainText);
  if (schema instanceof z.ZodRecord) return innermost(schema.valueType) instanceof z.ZodString;
  return layersOf(field).every((layer) => !(layer instanceof z.ZodAny || layer instanceof z.ZodUnknown));
}

/** Replaces variables in texts. Faults are added to `problems`, without values. */
export class Variables {
  readonly #env: Environment;
  readonly #problems: string[];

  constructor(env: Environment, problems: string[]) {
    this.#env = env;
    this.#problems = problems;
  }

  /** A node with its variables' values, read again by the option's schema. Command lines have their own shell. */
  in(
    node: ConfigNode,
    option: string,
    { field, permission }: { readonly field?: z.core.$ZodType | undefined; readonly permission: Permission },
  ): ConfigNode {
    if (permission === "as written") return node;
    if ("children" in node) {
      const children: ConfigTree = new Map(
        [...node.children].map(([name, child]) => [name, this.in(child, option, { permission })]),
      );
      return { ...node, children };
    }
    if (node.source.kind !== "document" || !mentions(node.readings)) return node;
    if (permission === "none") {
      const names = namesIn(node.readings).map((name) => `\${${name}}`);
      this.#problems.push(
        `${names.join(", ")} cannot stand in ${kebabCase(option)}${fromWhere(node.source)}: it may hold a secret, and the cluster's record ` +
          "would keep its value. Write the value out, or write $${ for a ${ that is meant to stay.",
      );
      return node;
    }
    return this.#leaf(node, option, field, permission);
  }

  /** A text with its variables' values. */
  text(text: string, what: string, where: string, permission: Exclude<Permission, "as written" | "none">): string {
    return text.replaceAll(VARIABLE, (whole, escaped: string, name: string, otherwise: string | undefined) => {
      if (escaped !== "") return whole.slice(1);
      if (permission === "no secret" && namesASecret(name)) {
        this.#problems.push(
          `\${${name}} cannot stand in ${what}${where}: by its name it is a secret, and the cluster's record would keep its value.`,
        );
        return "";
      }
      const value = this.#env[name];
      if (value !== undefined && (value !== "" || otherwise === undefined)) return value;
      if (otherwise !== undefined) return otherwise;
      this.#problems.push(`The variable ${name} in ${what}${where} is not set. Set it, or write \${${name}:-default}.`);
      return "";
    });
  }

  #leaf(
    node: ConfigLeaf,
    option: string,
    field: z.core.$ZodType | undefined,
    permission: "any variable" | "no secret",
  ): ConfigLeaf {
    const expanded = (value: unknown): unknown => {
      if (typeof value === "string") return this.text(value, kebabCase(option), fromWhere(node.source), permission);
      if (Array.isArray(value)) return value.map(expanded);
      if (!isPlainObject(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, expanded(item)]));
    };
    const [first] = node.readings;
    const value = expanded(first);
    if (typeof value !== "string") return { ...node, readings: [value] };
    const [likeliest, ...more] = textReadings(field, value).flatMap((each) => [plain(each.value), plain(each.text)]);
    return { ...node, readings: [likeliest, ...more] };
  }
}

/** Whether a text, or one in a list or a mapping, names a variable. */
export function mentions(value: unknown): boolean {
  return namesIn(value).length > 0;
}

/** Variables that texts mention, and escaped ones. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [...value.matchAll(VARIABLE)].map(([, , name = ""]) => name);
  if (Array.isArray(value)) return [...new Set(value.flatMap(namesIn))];
  return isPlainObject(value) ? namesIn(Object.values(value)) : [];
}
