import { resolve } from "node:path";

import { type ConfigNode, type ConfigTree, leavesOf } from "../options/config-tree.ts";
import { isFilePath } from "../security/references/file-references.ts";
import { placeOf, textOf } from "./nodes.ts";

const FILES: ReadonlySet<string> = new Set(["ca", "cert", "key"]);
const PAIRS: ReadonlySet<string> = new Set(["scheduler", "worker", "client"]);

/** The option `security` with the paths of its files from the folder of the file that names them. */
export function certificateFilesIn(node: ConfigNode, folder: string): ConfigNode {
  if (!("children" in node)) return node;
  const children: ConfigTree = new Map(
    [...node.children].map(([name, child]) => {
      if (PAIRS.has(name)) return [name, certificateFilesIn(child, folder)];
      return [name, FILES.has(name) ? fromFolder(child, folder) : child];
    }),
  );
  return { ...node, children };
}

/** A path of the file's. One of a command line is the shell's. */
function fromFolder(node: ConfigNode, folder: string): ConfigNode {
  const text = textOf(node);
  if (text === undefined || text === "" || !isFilePath(text)) return node;
  if ("children" in node || node.source.kind !== "document") return node;
  return { ...node, readings: [resolve(folder, text)] };
}

/** A note for each private key that is in the file itself. */
export function exposedKeys(node: ConfigNode | undefined): readonly string[] {
  const leaves = node === undefined ? [] : leavesOf(node);
  return leaves.flatMap((leaf) =>
    leaf.source.kind === "document" && /PRIVATE KEY-----/u.test(textOf(leaf) ?? "")
      ? [`security${placeOf(leaf)} has a private key in a file: write its path, or a reference to a secret.`]
      : [],
  );
}
