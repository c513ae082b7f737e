// Bundles a program for Node.js, as the page of each bundler says: node bundle.mjs <bundler> <entry> <output folder>
import { mkdirSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";

const [, , bundler, entry, folder] = process.argv;
const modules = { entryFileNames: "main.mjs", chunkFileNames: "[name]-[hash].mjs" };

/** What an ES module lacks that packages of CommonJS inside it ask for: esbuild and rolldown leave it to their users. */
const COMMONJS = `
import { createRequire as __createRequire } from "node:module";
import { dirname as __dirnameOf } from "node:path";
const require = __createRequire(import.meta.url);
const __dirname = __dirnameOf(new URL(import.meta.url).pathname);
`;

const BUNDLERS = {
  async esbuild() {
    const { build } = await import("esbuild");
    await build({ ...esbuild, format: "esm", outfile: join(folder, "main.mjs"), banner: { js: COMMONJS } });
  },

  async "esbuild-cjs"() {
    const { build } = await import("esbuild");
    // Google's SDK tells its types by the names of their classes.
    await build({ ...esbuild, format: "cjs", outfile: join(folder, "main.cjs"), minify: true, keepNames: true });
  },

  async "esbuild-minified"() {
    const { build } = await import("esbuild");
    await build({ ...esbuild, format: "cjs", outfile: join(folder, "main.cjs"), minify: true });
  },

  async rolldown() {
    const { rolldown } = await import("rolldown");
    const build = await rolldown({ input: entry, platform: "node", logLevel: "silent" });
    await build.write({ dir: folder, format: "esm", ...modules });
    await build.close();
  },

  async rollup() {
    const [{ rollup }, { default: resolve }, { default: commonjs }, { default: json }] = await Promise.all([
      import("rollup"),
      import("@rollup/plugin-node-resolve"),
      import("@rollup/plugin-commonjs"),
      import("@rollup/plugin-json"),
    ]);
    const external = builtinModules.flatMap((name) => [name, `node:${name}`]);
    const plugins = [resolve({ preferBuiltins: true, exportConditions: ["node"] }), commonjs(), json()];
    const build = await rollup({ input: entry, external, plugins, logLevel: "silent" });
    await build.write({ dir: folder, format: "esm", ...modules });
    await build.close();
  },

  async webpack() {
    const { default: webpack } = await import("webpack");
    const output = { path: folder, filename: "main.mjs", chunkFilename: "[id].mjs", module: true };
    const options = {
      mode: "production",
      devtool: false,
      target: "node22",
      entry,
      experiments: { outputModule: true },
      output,
    };
    const stats = await new Promise((resolve, reject) => {
      webpack(options, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
    if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  },

  async vite() {
    const { build } = await import("vite");
    await build({
      configFile: false,
      logLevel: "error",
      root: dirname(entry),
      build: { ssr: entry, outDir: folder, rolldownOptions: { output: modules } },
      ssr: { noExternal: true },
    });
  },

  async ncc() {
    const { default: ncc } = await import("@vercel/ncc");
    const { code, assets } = await ncc(entry, { cache: false, quiet: true });
    const files = {
      "main.cjs": code,
      ...Object.fromEntries(Object.entries(assets).map(([name, { source }]) => [name, source])),
    };
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
  },
};

const esbuild = { entryPoints: [entry], bundle: true, platform: "node", target: "node22", logLevel: "error" };

await BUNDLERS[bundler]();
