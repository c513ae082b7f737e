import { readFileSync } from "node:fs";
import { join } from "node:path";

import { SetupError } from "../project.mjs";
import { readManifests } from "../providers.mjs";

/** A subpath of the package for each provider, and its SDK as an optional peer, which nobody needs who uses another. */
export async function generate(root) {
  const manifests = await readManifests(root);
  const read = (file) => JSON.parse(readFileSync(join(root, file), "utf8"));
  const own = read("package.json");
  const peers = peersOf(manifests, own);
  const locked = read("package-lock.json");
  Object.assign(locked.packages[""], peers);
  const made = { ...own, exports: exportsOf(manifests, own), keywords: keywordsOf(manifests, own), ...peers };
  return { "package.json": textOf(made), "package-lock.json": textOf(locked) };
}

function exportsOf(manifests, { exports }) {
  const isProvider = ({ default: target = "" }) => target.startsWith("./dist/providers/");
  const { ".": main, ...others } = Object.fromEntries(Object.entries(exports).filter(([, each]) => !isProvider(each)));
  const subpaths = manifests.map(({ folder }) => {
    const built = `./dist/providers/${folder}/index`;
    return [`./${folder}`, { types: `${built}.d.ts`, default: `${built}.js` }];
  });
  return { ".": main, ...Object.fromEntries(subpaths), ...others };
}

/** The versions are chosen by hand: the one that the tests have is a devDependency, and a peer may be older. */
function peersOf(manifests, { peerDependencies, devDependencies }) {
  const sdks = manifests.flatMap(({ folder, sdk }) => sdk.map((name) => ({ folder, name })));
  const sorted = sdks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const range = ({ folder, name }) => {
    const tested = devDependencies[name];
    if (tested === undefined)
      throw new SetupError(
        `providers/${folder}/manifest.ts names ${name}: run npm install --save-dev --save-exact ${name} first.`,
      );
    return peerDependencies[name] ?? `^${tested}`;
  };
  return {
    peerDependencies: Object.fromEntries(sorted.map((sdk) => [sdk.name, range(sdk)])),
    peerDependenciesMeta: Object.fromEntries(sorted.map(({ name }) => [name, { optional: true }])),
  };
}

function keywordsOf(manifests, { keywords }) {
  const clouds = manifests.filter(({ column }) => column !== undefined).map(({ command }) => command);
  return [...new Set([...keywords, ...clouds])].toSorted((a, b) => a.localeCompare(b));
}

function textOf(value) {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
