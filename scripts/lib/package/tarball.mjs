import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runQuietly } from "../run.mjs";

/** Packs the built project into `folder`. */
export async function pack(root, folder) {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const answer = JSON.parse(await runQuietly("Packing", "npm", args, { cwd: root }));
  // npm 12 answers with an object by package name, npm 11 with an array.
  const [{ filename, files }] = Object.values(answer);
  return { tarball: join(folder, filename), files: files.map(({ path }) => path).sort() };
}

/** An empty project into which the tarball is installed, as a user would; returns the folder of the installed package. */
export async function installInto(folder, tarball, name) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const args = ["install", "--no-audit", "--no-fund", tarball];
  await runQuietly("Installing the package into an empty folder", "npm", args, { cwd: folder });
  return join(folder, "node_modules", ...name.split("/"));
}

export function readPackage(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** The importable names of a package: `dask-fleet`, `dask-fleet/local`, … */
export function importNames({ name, exports }) {
  return Object.keys(exports)
    .filter((path) => !path.endsWith(".json"))
    .map((path) => (path === "." ? name : `${name}/${path.slice(2)}`));
}

/** Copies a consumer's source from test/package, beside a file that imports every export. */
export function writeConsumer(root, folder, file, names) {
  cpSync(join(root, "test", "package", file), join(folder, file));
  const imports = names.map((name, index) => `import * as module${index} from ${JSON.stringify(name)};`);
  const checks = names.map(
    (name, index) =>
      `if (Object.keys(module${index}).length === 0) throw new Error(${JSON.stringify(`${name} exports nothing`)});`,
  );
  writeFileSync(join(folder, file.replace("consumer", "every-export")), `${[...imports, ...checks].join("\n")}\n`);
}

/** What the consumer must know of each provider, and a module that makes a cluster of each with its typed options. */
export function writeProviders(folder, manifests) {
  const facts = manifests.map(({ folder: subpath, className, needed, sdk }) => ({
    folder: subpath,
    className,
    needed,
    sdk,
  }));
  writeFileSync(join(folder, "providers.json"), JSON.stringify(facts));
  const modules = facts.map(
    (
      { folder: subpath, className, needed },
      nth,
    ) => `import { ${className}, type ${className}Options } from "dask-fleet/${subpath}";
const options${nth}: ${className}Options = ${JSON.stringify(needed)};
export const cluster${nth}: ${className} = new ${className}({ ...options${nth}, nWorkers: 2 });
`,
  );
  writeFileSync(join(folder, "providers.ts"), modules.join(""));
}
