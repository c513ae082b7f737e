import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";

import { SetupError } from "./project.mjs";

const INLINED = /\.inlined\.js$/;

/**
 * Puts in the place of each built module `*.inlined.js` the values that its source exports here and now. A source may read what
 * stands beside it, such as `templates/`; what is built may not, because a bundle, a single file or a zip has nothing beside it.
 *
 * @param dist the built modules, below it as their sources below `root`
 */
export async function inline(root, dist = join(root, "dist")) {
  const modules = readdirSync(dist, { recursive: true }).filter((file) => INLINED.test(file));
  if (modules.length === 0) throw new SetupError("build: nothing to inline");
  for (const file of modules) {
    const path = join(dist, file);
    writeFileSync(path, await inlined(join(root, file.replace(/\.js$/, ".ts"))));
    rmSync(`${path}.map`, { force: true });
  }
}

/** The values that a source `*.inlined.ts` exports here and now, as a module. */
export async function inlined(source) {
  const values = await import(pathToFileURL(source));
  const lines = Object.entries(values).map(([name, value]) => `export const ${name} = ${literal(name, value)};\n`);
  return lines.join("");
}

function literal(name, value) {
  const json = JSON.stringify(value, undefined, 2) ?? "";
  if (json === "" || !isDeepStrictEqual(JSON.parse(json), value)) {
    throw new SetupError(`build: ${name} is no data that could be inlined`);
  }
  return json;
}
