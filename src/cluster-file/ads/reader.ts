import { type ConfigNode, type ConfigTree, leavesOf } from "../../options/config-tree.ts";
import { placeOf, textOf } from "../nodes.ts";

/** Reads a foreign document and remembers what was read, so that the rest is told. */
export class Reader {
  readonly #root: ConfigNode;
  readonly #read = new Set<ConfigNode>();

  constructor(tree: ConfigTree) {
    this.#root = { children: tree };
  }

  /** The node at a path of names, `null` as absent. What is in it counts as read. */
  node(...path: readonly string[]): ConfigNode | undefined {
    const node = this.peek(...path);
    if (node === undefined) return undefined;
    for (const leaf of leavesOf(node)) this.#read.add(leaf);
    return !("children" in node) && node.readings[0] === null ? undefined : node;
  }

  /** The node at a path, to know where it is. */
  peek(...path: readonly string[]): ConfigNode | undefined {
    let node: ConfigNode | undefined = this.#root;
    for (const name of path) node = node !== undefined && "children" in node ? node.children.get(name) : undefined;
    return node;
  }

  /** The text of a scalar as it is written. */
  text(...path: readonly string[]): string | undefined {
    const node = this.node(...path);
    return node === undefined ? undefined : textOf(node);
  }

  /** One sentence for each value that nobody has read. */
  rest(): readonly string[] {
    return leavesOf(this.#root)
      .filter((leaf) => !this.#read.has(leaf) && leaf.readings[0] !== null)
      .map((leaf) => `Not known here, and left out:${placeOf(leaf).replace(" from", "")}.`);
  }
}
