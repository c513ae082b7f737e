import { nodeOf, overlay } from "./config-tree.ts";
import type { ConfigNode, ConfigTree } from "./config-tree.ts";
import { invalid } from "./invalid.ts";
import { pythonLiteral } from "./python-literal.ts";

/** Environment variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "DASK_";
const DEEPEST = 100;

const NOT_PYTHON: ReadonlyMap<string, boolean | null> = new Map([
  ["none", null],
  ["null", null],
  ["true", true],
  ["false", false],
]);

/**
 * The part of the environment that configures clusters, read like dask.config.collect_env: `DASK_A__B_C=1` is
 * `{a: {b_c: 1}}`, and the value is a Python literal or else text. Not read: `DASK_INTERNAL_INHERIT_CONFIG`, which Dask
 * sets for its own child processes.
 */
export function readEnvironment(env: Environment): ConfigTree {
  const tree: ConfigTree = new Map();
  for (const [variable, raw] of Object.entries(env)) {
    if (raw === undefined || !variable.startsWith(PREFIX)) continue;
    const path = variable.slice(PREFIX.length).replaceAll("__", ".").split(".");
    if (path[0]?.toLowerCase() !== "cloudprovider") continue;
    if (path.length > DEEPEST)
      throw invalid(`The name of the variable ${variable.slice(0, 60)}… is nested too deeply.`);
    overlay(tree, nested(path, interpret(raw, variable)));
  }
  return tree;
}

function nested([written = "", ...rest]: readonly string[], node: ConfigNode): ConfigTree {
  const child = rest.length === 0 ? { ...node, written } : { children: nested(rest, node), written };
  return new Map([[written.toLowerCase(), child]]);
}

/** dask.config.interpret_value, which also keeps the raw text: a `name` of `1e3` is text and not 1000. */
function interpret(raw: string, variable: string): ConfigNode {
  const source = { kind: "environment", variable } as const;
  const literal = pythonLiteral(raw);
  if (literal !== undefined) {
    const node = nodeOf(literal.value, literal.text, source);
    if ("children" in node || typeof literal.value === "string") return node;
    return { ...node, readings: [...node.readings, raw] };
  }
  const word = NOT_PYTHON.get(raw.toLowerCase());
  return { readings: [word === undefined ? raw : word, raw], source };
}
