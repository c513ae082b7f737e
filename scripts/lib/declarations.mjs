import { readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;
const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*(["'])([^"'\n]+)\1/g;

/** What declarations import. */
export function specifiers(declarations) {
  return [...declarations.replaceAll(COMMENT, "").matchAll(SPECIFIER)].map(([, , specifier]) => specifier);
}

/** The declarations that a user's compiler reads, below `folder`: those exported, and what they lead to. */
export function publicDeclarations(folder, exports) {
  const reached = new Set(
    Object.values(exports)
      .map(({ types }) => types)
      .filter((types) => types !== undefined)
      .map((types) => normalize(types)),
  );
  for (const file of reached) {
    const relative = specifiers(readFileSync(join(folder, file), "utf8")).filter((name) => name.startsWith("."));
    for (const name of relative) reached.add(join(dirname(file), name.replace(/\.(?:js|ts)$/, ".d.ts")));
  }
  return reached;
}

/** Removes from dist/ what tsc has made and no user's compiler reads. */
export function pruneDeclarations(root) {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const kept = publicDeclarations(root, exports);
  const made = readdirSync(join(root, "dist"), { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of made.filter((each) => each.isFile())) {
    const path = join(parentPath, name);
    if (!kept.has(path.slice(root.length + 1))) rmSync(path);
  }
}
