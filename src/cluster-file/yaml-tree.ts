import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";

import { messageOf } from "../errors.ts";
import { type ConfigNode, type ConfigTree, plain } from "../options/config-tree.ts";
import { invalid } from "../options/invalid.ts";
import { pythonDocument } from "../options/python-yaml.ts";

/** A node of a mapping, its key as written. */
type Entry = readonly [key: string, node: ConfigNode];

const MOST_NODES = 10_000;
const DEEPEST = 50;
const OPENING = 0;

/**
 * A YAML file as a tree whose leaves know their lines: `cluster.yaml:7 (max-lifetime)`. Scalars are read as Dask's own configuration reads
 * them, and keep their text. A name twice in one mapping is an error, and so are more nodes than a person writes, aliases counted where
 * they stand.
 *
 * @param file its name in errors
 * @throws DaskFleetError `CONFIG_INVALID`, without an excerpt
 */
export function yamlTree(content: string, file: string): ConfigTree {
  try {
    const { document, lineCounter } = pythonDocument(content, { uniqueKeys: true });
    const [warning] = document.warnings;
    if (warning !== undefined) throw new Error(warning.message);
    if (document.contents === null) return new Map();
    const node = new Walk(document, lineCounter, file).node(document.contents, [], OPENING);
    if ("children" in node) return node.children;
  } catch (error) {
    throw invalid(`${file} is malformed: ${messageOf(error)}.`);
  }
  throw invalid(`${file} is malformed: expected a mapping at its top level.`);
}

class Walk {
  #nodes = 0;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #file: string;

  constructor(document: Document.Parsed, lines: LineCounter, file: string) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
  }

  node(node: unknown, path: readonly string[], offset: number): ConfigNode {
    const target = this.#target(node, path.length);
    const where = `${this.#file}:${this.#lines.linePos(offset).line}${path.length === 0 ? "" : ` (${path.join(".")})`}`;
    const source = { kind: "document", where } as const;
    if (!isMap(target)) {
      return { readings: [plain(this.#value(target, "typed", 0)), plain(this.#value(target, "text", 0))], source };
    }
    const pairs = target.items as readonly Pair[];
    // A mapping's own names win over merged ones.
    const entries = pairs.toSorted((a, b) => Number(isMerge(b)) - Number(isMerge(a)));
    return { children: new Map(entries.flatMap((pair) => this.#entries(pair, path, 0))), source };
  }

  /** A pair, or the pairs of what `<<` names. */
  #entries({ key, value }: Pair, path: readonly string[], depth: number): readonly Entry[] {
    if (isMerge({ key })) {
      const merged = this.#target(value, path.length + depth);
      const sources = isSeq(merged) ? merged.items : [merged];
      return sources.flatMap((each) => {
        const mapping = this.#target(each, path.length + depth);
        if (!isMap(mapping)) throw new Error("expected a mapping after <<");
        return mapping.items.flatMap((pair) => this.#entries(pair, path, depth + 1));
      });
    }
    const name = keyOf(key);
    const [start = 0] = (key as Node | null)?.range ?? [];
    return [[name, this.node(value, [...path, name], start)]];
  }

  /** The value of a scalar or a list; mappings in it are Maps. */
  #value(node: unknown, as: "typed" | "text", depth: number): unknown {
    const target = this.#target(node, depth);
    if (isSeq(target)) return target.items.map((item) => this.#value(item, as, depth + 1));
    if (isMap(target)) {
      return new Map(target.items.map((pair) => [keyOf(pair.key), this.#value(pair.value, as, depth + 1)]));
    }
    if (!isScalar(target)) return null;
    return as === "typed" || target.value === null ? target.value : (target.source ?? target.value);
  }

  #target(node: unknown, depth: number): unknown {
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES) throw new Error(`it has more than ${MOST_NODES} values`);
    if (depth > DEEPEST) throw new Error("it is nested too deeply");
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

function isMerge({ key }: Pick<Pair, "key">): boolean {
  return isScalar(key) && typeof key.value === "symbol";
}

function keyOf(key: unknown): string {
  if (isScalar(key) && typeof key.value !== "symbol") return String(key.value);
  throw new Error("expected a plain name as a key");
}
