import { existsSync, globSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";

import { SetupError } from "./project.mjs";
import { sbomOf } from "./sbom.mjs";

/** In the package, where scanners look for it by its ending. */
export const SBOM = "dist/sbom.cdx.json";

/**
 * The built modules that are bundled with the packages they import, such as digitalocean-js: it asks for versions of axios, form-data
 * and follow-redirects with known vulnerabilities, and `overrides` count only here, not where dask-fleet is installed.
 */
const BUNDLED = "dist/providers/*/sdk.js";

/** Puts the packages that such a module imports into it, their licenses beside it, and all of them into the SBOM. */
export async function bundle(root) {
  const [{ rolldown }, { esmExternalRequirePlugin }] = await Promise.all([
    import("rolldown"),
    import("rolldown/plugins"),
  ]);
  // As imports: a `require` would be made from `import.meta.url`, which a bundle of this bundle may not have.
  const builtins = builtinModules.flatMap((name) => [name, `node:${name}`]);
  const plugins = [esmExternalRequirePlugin({ external: builtins, skipDuplicateCheck: true })];
  const bundled = new Set();
  for (const file of globSync(BUNDLED, { cwd: root }).toSorted()) {
    const path = join(root, file);
    const build = await rolldown({ input: path, platform: "node", plugins, logLevel: "warn", onLog: failOn });
    const { output } = await build.generate({ format: "esm", codeSplitting: false, comments: { legal: true } });
    await build.close();
    const [chunk] = output;
    writeFileSync(path, chunk.code);
    rmSync(`${path}.map`, { force: true });
    const packages = packagesOf(chunk.moduleIds);
    writeFileSync(path.replace(/\.js$/, ".LICENSES.md"), notices(packages));
    for (const folder of packages) bundled.add(folder);
  }
  writeFileSync(join(root, SBOM), `${JSON.stringify(sbomOf(root, [...bundled]), undefined, 2)}\n`);
}

function failOn(level, { message }) {
  if (level === "warn") throw new SetupError(`build: ${message}`);
}

/** Every package that a module comes from, once. */
function packagesOf(modules) {
  const folders = modules
    .filter((id) => id.includes("/node_modules/"))
    .map((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]);
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort((a, b) => a.localeCompare(b));
}

function notices(folders) {
  const parts = folders.map((folder) => {
    const { name, version, license, author, repository } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    const who = author?.name ?? author;
    const where = (repository?.url ?? repository ?? "").replace(/^git\+|\.git$/g, "");
    const text = licenseText(folder) ?? `${license} license${who === undefined ? "" : `, by ${who}`}: ${where}`;
    return `## ${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `# What is bundled in sdk.js\n\n${parts.join("\n")}`;
}

function licenseText(folder) {
  if (!existsSync(folder)) throw new SetupError(`build: ${dirname(folder)} is gone`);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  return file === undefined ? undefined : readFileSync(join(folder, file), "utf8");
}
