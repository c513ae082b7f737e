import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inline } from "./inline.mjs";
import { SetupError, say, secondsSince } from "./project.mjs";
import { run } from "./run.mjs";

/** Of the package, in the repository and in what is built: there, beside it, is what it takes of dask-fleet. */
const FOLDER = "packages/simulated-clouds";
const BARE_IMPORT = /(?:\bfrom|\bimport\()\s*"(?<name>(?!node:)(?:@[^/"]+\/)?[^./"][^/"]*)/gu;

/**
 * Makes a package that can be published of the simulated clouds: JavaScript and declarations, and with them the sources of dask-fleet that
 * they need. Node.js strips no types below node_modules.
 *
 * @param dist the folder of the built package, which is made anew
 */
export async function buildSimulatedClouds(root, dist = join(root, FOLDER, "dist")) {
  const start = performance.now();
  rmSync(dist, { recursive: true, force: true });
  const { code } = await run("tsc", ["-p", `${FOLDER}/tsconfig.build.json`, "--outDir", dist], { cwd: root });
  if (code !== 0) throw new SetupError("build: the simulated clouds do not compile");
  await inline(root, dist);
  const own = manifest(join(root, FOLDER));
  writeFileSync(join(dist, "package.json"), `${JSON.stringify(published(own, manifest(root), dist), undefined, 2)}\n`);
  for (const file of ["README.md", "LICENSE"]) copyFileSync(join(root, FOLDER, file), join(dist, file));
  for (const file of Object.values(own.bin)) chmodSync(join(dist, built(file, ".js")), 0o755);
  say(`build: ${own.name} made in ${secondsSince(start)}`);
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** What package.json says of the built package. */
function published({ private: _private, files: _files, bin, exports, ...own }, root, dist) {
  const versions = { ...root.devDependencies, ...own.dependencies };
  const needed = importedBy(dist).filter((name) => own.peerDependencies[name] === undefined);
  const unknown = needed.filter((name) => versions[name] === undefined);
  if (unknown.length > 0) throw new SetupError(`build: no dependency of the project: ${unknown.join(", ")}`);
  return {
    ...own,
    bin: Object.fromEntries(Object.entries(bin).map(([name, file]) => [name, built(file, ".js")])),
    exports: Object.fromEntries(
      Object.entries(exports).map(([name, file]) =>
        file.endsWith(".ts") ? [name, { types: built(file, ".d.ts"), default: built(file, ".js") }] : [name, file],
      ),
    ),
    dependencies: Object.fromEntries(needed.map((name) => [name, versions[name]])),
  };
}

/** `./src/index.ts` is built as `./packages/simulated-clouds/src/index.js`. */
function built(file, extension) {
  return `./${FOLDER}/${file.replace("./", "").replace(/\.ts$/u, extension)}`;
}

/** The packages that built modules import. */
function importedBy(dist) {
  const modules = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith(".js"));
  const names = modules.flatMap((file) =>
    [...readFileSync(join(dist, file), "utf8").matchAll(BARE_IMPORT)].map(({ groups }) => groups.name),
  );
  return [...new Set(names)].sort();
}
