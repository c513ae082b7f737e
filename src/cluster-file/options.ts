import * as z from "zod";

import { type ConfigNode, type ConfigTree, leavesOf } from "../options/config-tree.ts";
import { instead } from "../options/former-options.ts";
import { camelCase, kebabCase, snakeCase } from "../options/option-names.ts";
import { childSchema, entriesSchema, innermost, wordsOf } from "../options/schema-walk.ts";
import { withTextNames } from "../options/units/text-names.ts";
import { certificateFilesIn, exposedKeys } from "./certificate-files.ts";
import { OWN_NAMES } from "./layer.ts";
import { isAbsent, placeOf, unexpected } from "./nodes.ts";
import type { Registered } from "./providers.ts";
import { type Variables, mentions, permissionFor } from "./variables.ts";

type Shape = Readonly<Record<string, z.core.$ZodType>>;

interface Known {
  readonly schema: z.ZodObject;
  readonly variables: Variables;
  readonly problems: string[];
  /** What relative paths are relative to. */
  readonly folder: string;
}

const OWN: readonly string[] = OWN_NAMES;

/**
 * The options of a document, as a section of Dask's configuration: a number of `workers` is `n_workers`, variables have their values. Faults are
 * added to `problems`.
 */
export function clusterOptions(document: ConfigTree, known: Known): ConfigTree {
  const { schema, variables, problems, folder } = known;
  const options: ConfigTree = new Map();
  const shape: Shape = schema.shape;
  for (const [name, node] of document) {
    if (OWN.includes(name)) continue;
    const option = camelCase(name);
    const field = Object.hasOwn(shape, option) ? shape[option] : undefined;
    if (field === undefined) problems.push(unknownName(name, node, schema));
    else if (innermost(field) instanceof z.ZodCustom) problems.push(programOnly(option, node));
    else {
      const permission = permissionFor(option, field);
      const said = variables.in(node, option, { field, permission });
      options.set(name, inSnakeCase(option === "security" ? certificateFilesIn(said, folder) : said, field));
    }
  }
  const workers = document.get("workers");
  if (workers === undefined) return options;
  const other = options.get("n_workers");
  if (other !== undefined) problems.push(`n-workers${placeOf(other)} says again what workers says${placeOf(workers)}`);
  if ("children" in workers) options.set("workers", groupsIn(workers, known));
  else if (Array.isArray(workers.readings[0]))
    problems.push(unexpected("workers", "a number or worker groups", workers));
  else
    options.set("n_workers", variables.in(workers, "workers", { field: shape["nWorkers"], permission: "no secret" }));
  return options;
}

/** Worker groups, each option of which may name variables as the cluster's may. */
function groupsIn(workers: ConfigNode & { readonly children: ConfigTree }, { schema, variables }: Known): ConfigNode {
  const group = entriesSchema(schema.shape["workers"]);
  const shape: Shape = group?.shape ?? {};
  const options = (children: ConfigTree): ConfigTree =>
    new Map(
      [...children].map(([name, node]) => {
        const option = camelCase(name);
        const field = Object.hasOwn(shape, option) ? shape[option] : undefined;
        if (field === undefined) return [name, node];
        const permission = permissionFor(option, field);
        return [snakeCase(option), inSnakeCase(variables.in(node, option, { field, permission }), field)];
      }),
    );
  const groups = [...workers.children].map(
    ([name, node]) => [name, "children" in node ? { ...node, children: options(node.children) } : node] as const,
  );
  return { ...workers, children: new Map(groups) };
}

/** A note for each credential and private key that is in the file itself. */
export function exposedCredentials(document: ConfigTree, schema: z.ZodObject): readonly string[] {
  const shape: Shape = schema.shape;
  const credentials = [...document].flatMap(([name, node]) => {
    const field = shape[camelCase(name)];
    const values = leavesOf(node).filter(({ source, readings }) => source.kind === "document" && !mentions(readings));
    if (field === undefined || !wordsOf(field).credential || values.length === 0 || isAbsent(node)) return [];
    return [
      `${kebabCase(camelCase(name))}${placeOf(node)} is a credential in a file: write the name of a variable, such as \${NAME}.`,
    ];
  });
  return [...credentials, ...exposedKeys(document.get("security"))];
}

/** A document for another provider than its own: what only its own has is left out, and said. */
export async function withoutForeign(
  document: ConfigTree,
  {
    chosen,
    from,
    schema,
  }: { readonly chosen: Registered; readonly from: Registered | undefined; readonly schema: z.ZodObject },
): Promise<{ readonly kept: ConfigTree; readonly notes: readonly string[] }> {
  if (from === undefined || from === chosen) return { kept: document, notes: [] };
  const own = withTextNames((await from.manifest()).schema);
  const foreign = [...document.keys()].filter((name) => {
    const option = camelCase(name);
    return Object.hasOwn(own.shape, option) && !Object.hasOwn(schema.shape, option);
  });
  const notes = foreign.map(
    (name) => `${kebabCase(camelCase(name))} is an option of ${from.command}: ${chosen.command} has none.`,
  );
  return { kept: new Map([...document].filter(([name]) => !foreign.includes(name))), notes };
}

function unknownName(name: string, node: ConfigNode, schema: z.ZodObject): string {
  const written = writtenName(node) ?? kebabCase(camelCase(name));
  return `Unknown name "${written}"${placeOf(node)}. ${instead(written, [...OWN_NAMES, ...Object.keys(schema.shape)], kebabCase)}`;
}

/** The name as the file has it: `cluster.yaml:7 (maxLifetme)`. */
function writtenName(node: ConfigNode): string | undefined {
  const source = node.source ?? leavesOf(node)[0]?.source;
  return source?.kind === "document" ? /\(([^().]+)[).]/u.exec(source.where)?.[1] : undefined;
}

function programOnly(option: string, node: ConfigNode): string {
  return `${kebabCase(option)}${placeOf(node)} takes a value of a program: give it to the constructor.`;
}

/** The names in an option's own parts, in snake case as configuration has them. */
function inSnakeCase(node: ConfigNode, field: z.core.$ZodType): ConfigNode {
  const schema = innermost(field);
  if (!("children" in node) || !(schema instanceof z.ZodObject)) return node;
  const children = [...node.children].map(([name, child]) => {
    const inner = camelCase(name);
    const part = childSchema(schema, inner);
    return [snakeCase(inner), part === undefined ? child : inSnakeCase(child, part)] as const;
  });
  return { ...node, children: new Map(children) };
}
