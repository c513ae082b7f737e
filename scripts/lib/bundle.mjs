import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename, join, relative } from "node:path";

import { loadedTogether } from "./eager-imports.mjs";
import { inlined } from "./inline.mjs";
import { licensesOf } from "./licenses.mjs";
import { SetupError } from "./project.mjs";
import { sbomOf } from "./sbom.mjs";

/** In the package, where scanners look for it by its ending. */
export const SBOM = "dist/sbom.cdx.json";
/** What is bundled, with the licenses: a line `## name version (license)` for each package. */
export const LICENSES = "dist/THIRD-PARTY-LICENSES.md";

/** The one that looks for its own place in the package, and what it shares with what an older Node.js must read. */
const IN_PLACE = ["src/own-package.inlined", "src/files/own-file"];
/** Chunks of what is always loaded together. */
const TOGETHER = new Set(["node-version", "foundation", "options", "library", "command", "clouds"]);
const SHARED = /\/node_modules\/(?:@msgpack\/msgpack|node-forge|yaml|zod)\//;
const INLINED = /\.inlined\.ts$/;
const PACKAGE = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/**
 * Makes JavaScript of the sources that package.json exports: few modules instead of hundreds, with everything in them that they import
 * except Node.js' own modules and the clouds' SDKs, and beside them the licenses and the SBOM. An import then costs a third, and an
 * installation brings nothing that is not used.
 */
export async function bundle(root) {
  const { rolldown } = await import("rolldown");
  const build = await rolldown({
    input: entriesOf(root),
    cwd: root,
    platform: "node",
    external: externalsOf(root),
    plugins: await pluginsOf(),
    transform: { target: "node22.12" },
    logLevel: "warn",
    onLog: failOn,
  });
  const { output } = await build.write({
    dir: join(root, "dist"),
    format: "esm",
    sourcemap: true,
    comments: { legal: true, annotation: true, jsdoc: false },
    minifyInternalExports: false,
    entryFileNames: "[name].js",
    chunkFileNames: (chunk) => `${placeOf(root, chunk)}.js`,
    codeSplitting: { groups: groupsOf(root) },
  });
  await build.close();
  dropMaps(root, output);
  const folders = packagesOf(output.flatMap(({ moduleIds = [] }) => moduleIds));
  writeFileSync(join(root, LICENSES), licensesOf(folders));
  writeFileSync(join(root, SBOM), `${JSON.stringify(sbomOf(root, folders), undefined, 2)}\n`);
}

/** The sources of what package.json names in dist/: `src/index` for `./dist/src/index.js`. */
function entriesOf(root) {
  const { bin, exports } = manifestOf(root);
  const built = [...Object.values(bin), ...Object.values(exports).map((each) => each.default ?? "")];
  const names = built.flatMap((file) => /^\.\/dist\/(.+)\.js$/.exec(file)?.[1] ?? []);
  return Object.fromEntries(names.map((name) => [name, join(root, `${name}.ts`)]));
}

function externalsOf(root) {
  const peers = Object.keys(manifestOf(root).peerDependencies);
  return (id) => peers.some((peer) => id === peer || id.startsWith(`${peer}/`));
}

async function pluginsOf() {
  const { esmExternalRequirePlugin } = await import("rolldown/plugins");
  // As imports: a `require` would be made from `import.meta.url`, which a bundle of this bundle may not have.
  const builtins = builtinModules.flatMap((name) => (name === "process" ? [] : [name, `node:${name}`]));
  return [
    // An `import` of it opens the standard streams.
    virtual("the-process", /^process$/, "module.exports = globalThis.process;"),
    // Kerberos for proxies needs a package more, and an option that nobody sets here.
    virtual("no-kerberos", /^proxy-agent-negotiate$/, "export const createNegotiateAuth = undefined;"),
    esmExternalRequirePlugin({ external: builtins, skipDuplicateCheck: true }),
    {
      name: "inlined",
      load: { filter: { id: INLINED }, handler: async (id) => ({ code: await inlined(id), moduleType: "js" }) },
    },
  ];
}

/** A module of our own in the place of others. */
function virtual(name, asked, code) {
  const own = `\0${name}`;
  return {
    name,
    resolveId: { filter: { id: asked }, handler: () => own },
    load: { filter: { id: new RegExp(`^${own}$`) }, handler: () => code },
  };
}

/** Chunks of their own: sources that must stay where they are, and packages that nearly everything needs. */
function groupsOf(root) {
  const ours = IN_PLACE.map((name) => ({ name, test: (id) => id === join(root, `${name}.ts`) }));
  const entries = new Set(Object.values(entriesOf(root)));
  const together = [...loadedTogether(root)].map(([name, ids]) => ({
    name,
    test: (id) => ids.has(id) && !entries.has(id) && !IN_PLACE.some((file) => id === join(root, `${file}.ts`)),
  }));
  return [...ours, ...together, { debugName: "packages", name: (id) => PACKAGE.exec(id)?.[2], test: SHARED }];
}

/**
 * Where a chunk goes: to the place of its source if that is imported as a whole, else to `dist/chunks/`, by the name of the source that
 * needs the others in it.
 */
function placeOf(root, { name, facadeModuleId, moduleIds }) {
  if (IN_PLACE.includes(name)) return name;
  if (TOGETHER.has(name)) return `chunks/${name}`;
  const ours = (id) => id?.startsWith(`${root}/`) === true && id.endsWith(".ts");
  if (ours(facadeModuleId)) return relative(root, facadeModuleId).replace(/\.ts$/, "");
  const last = moduleIds.findLast(ours)?.replace(/\/index\.ts$/, "");
  return `chunks/${last === undefined ? name.replaceAll("/", "-") : basename(last, ".ts")}`;
}

/** Only our own sources are worth a map: those of packages would be a third of the package. */
function dropMaps(root, output) {
  for (const { fileName, code, moduleIds = [] } of output) {
    const packaged = moduleIds.filter((id) => PACKAGE.test(id)).length;
    if (packaged * 2 <= moduleIds.length) continue;
    const path = join(root, "dist", fileName);
    writeFileSync(path, code.replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n"));
    rmSync(`${path}.map`);
  }
}

function failOn(level, { message }) {
  if (level === "warn") throw new SetupError(`build: ${message}`);
}

/** The folder of every package that a module comes from, once. */
function packagesOf(modules) {
  const folders = modules.map((id) => PACKAGE.exec(id)?.[1]);
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort((a, b) => a.localeCompare(b));
}

function manifestOf(root) {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}
