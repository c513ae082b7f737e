import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const IMPORTS = /^(?:import|export)\s+(?!type\s)(?:([^"';]*?)\s+from\s+)?"(\.{1,2}\/[^"]+)"/gm;

/**
 * Our sources that are always loaded together, by the name of their chunk. Without it the bundler makes a file of each few modules that
 * some entries share, and an import reads dozens of them. No chunk needs one after it: each set holds all that its modules import,
 * less the sets before it.
 */
export function loadedTogether(root) {
  const of = (...files) => closure(files.map((file) => join(root, file)));
  const folders = readdirSync(join(root, "providers")).filter((name) =>
    existsSync(join(root, "providers", name, "manifest.ts")),
  );
  const library = of("src/index.ts");
  const options = of("src/options/option-help.ts", ...folders.map((name) => `providers/${name}/manifest.ts`));
  const command = of("src/cli/main.ts", "src/cli/dask-fleet.ts", "src/cli/help.ts");
  const clouds = folders.map((name) => of(`providers/${name}/index.ts`));
  const shared = new Set(
    clouds.flatMap((each) => [...each]).filter((id) => clouds.filter((set) => set.has(id)).length > 1),
  );
  return new Map(
    without([
      // An older Node.js must be able to read it.
      ["node-version", of("src/node-version.ts")],
      ["foundation", [...command].filter((id) => library.has(id))],
      ["options", [...options].filter((id) => library.has(id))],
      ["library", library],
      ["command", command],
      ["clouds", shared],
    ]),
  );
}

/** Each set less those before it. */
function without(named) {
  const before = new Set();
  return named.map(([name, ids]) => {
    const own = [...ids].filter((id) => !before.has(id));
    for (const id of own) before.add(id);
    return [name, new Set(own)];
  });
}

/** The files and all that they import at once. */
function closure(files) {
  const found = new Set();
  const waiting = [...files];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file) || !file.endsWith(".ts")) continue;
    found.add(file);
    for (const [, names = "", from] of readFileSync(file, "utf8").matchAll(IMPORTS)) {
      if (!isOnlyTypes(names)) waiting.push(join(dirname(file), from));
    }
  }
  return found;
}

/** `{ type A, type B }` */
function isOnlyTypes(names) {
  const inner = /^\{([^]*)\}$/.exec(names)?.[1];
  return inner !== undefined && inner.split(",").every((each) => /^\s*(?:type\s.*)?$/.test(each));
}
