import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../project.mjs";
import { readManifests } from "../providers.mjs";
import { runQuietly } from "../run.mjs";

const SOURCES = join(ROOT, "test", "package", "bundles");

/**
 * Users' projects, outside of ours so that nothing is found in its node_modules: `tools` has the bundlers, the other runtimes and the
 * clouds' SDKs at the versions of a lock file; `plain` and Yarn's `pnp` have dask-fleet and what comes with it, so no SDK but
 * DigitalOcean's.
 */
export async function preparePlaces(temporary, tarball) {
  const [tools, plain, pnp] = ["tools", "plain", "yarn-pnp"].map((name) => join(temporary, name));
  const places = { temporary, tools, plain, pnp, yarn: await yarnIn(tools) };
  cpSync(SOURCES, places.tools, { recursive: true });
  mkdirSync(places.plain);
  writeFileSync(join(places.plain, "package.json"), JSON.stringify({ name: "plain", private: true }));
  for (const file of ["life.mjs", "jest.mjs"]) cpSync(join(SOURCES, file), join(places.plain, file));
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
  await runQuietly("Installing the bundlers", "npm", ["ci", ...quiet], { cwd: places.tools });
  const add = ["install", "--no-save", "--no-package-lock", ...quiet, tarball];
  await runQuietly("Installing the package beside them", "npm", add, { cwd: places.tools });
  await runQuietly("Installing the package alone", "npm", add, { cwd: places.plain });
  const clouds = (await readManifests(ROOT)).filter(({ column }) => column !== undefined);
  await installByYarn(places, tarball, clouds);
  writeEntries(places, clouds);
  return places;
}

async function yarnIn(tools) {
  const registry = await runQuietly("Asking npm for its registry", "npm", ["config", "get", "registry"]);
  const env = {
    YARN_NPM_REGISTRY_SERVER: registry.trim().replace(/\/$/, ""),
    YARN_NODE_LINKER: "pnp",
    YARN_ENABLE_GLOBAL_CACHE: "false",
    YARN_ENABLE_TELEMETRY: "false",
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_ENABLE_SCRIPTS: "false",
  };
  return { command: ["node", join(tools, "node_modules", "@yarnpkg", "cli-dist", "bin", "yarn.js")], env };
}

async function installByYarn({ pnp, yarn: { command, env } }, tarball, clouds) {
  mkdirSync(pnp);
  const dependencies = { "dask-fleet": `file:${tarball}` };
  const manifest = { name: "pnp", private: true, type: "module", dependencies };
  writeFileSync(join(pnp, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(pnp, "yarn.lock"), "");
  cpSync(join(SOURCES, "life.mjs"), join(pnp, "life.mjs"));
  writeFileSync(join(pnp, "main.mjs"), fewEntry(clouds));
  const [node, ...args] = [...command, "install"];
  await runQuietly("Installing by Yarn", node, args, { cwd: pnp, env });
}

/** The clouds in three programs: of all whose SDK is in `tools`, of those that every bundler takes, of those without an SDK. */
function writeEntries({ tools, plain }, clouds) {
  const { dependencies } = JSON.parse(readFileSync(join(tools, "package.json"), "utf8"));
  // Of Azure's three packages one is missing on purpose.
  const all = clouds.filter(({ sdk }) => sdk.length === 0 || sdk.some((name) => name in dependencies));
  const lacking = all.find(({ sdk }) => sdk.some((name) => !(name in dependencies)));
  writeFileSync(join(tools, "all.mjs"), entry(all, lacking, dependencies));
  const most = all.filter(({ command }) => command !== "gcp");
  writeFileSync(join(tools, "most.mjs"), entry(most, lacking, dependencies));
  // ncc makes CommonJS of it where its name does not say ES module: its ES modules look for what is missing with a `require` they have not.
  for (const name of ["few.mjs", "few.js"]) writeFileSync(join(plain, name), fewEntry(clouds));
}

/** Where no SDK is installed. */
function fewEntry(clouds) {
  const lacking = clouds.find(({ sdk }) => sdk.length > 0);
  return entry(
    clouds.filter(({ sdk }) => sdk.length === 0),
    lacking,
    {},
  );
}

/** A program that imports only what it uses, as people write it. */
function entry(clouds, lacking, installed) {
  const imports = [...new Set([...clouds, lacking])].map(
    ({ className, folder }) => `import { ${className} } from "dask-fleet/${folder}";\n`,
  );
  const classes = clouds.map(({ name, className }) => `${name}: ${className}`);
  const sdk = lacking.sdk.find((name) => !(name in installed));
  return `${imports.join("")}import { life } from "./life.mjs";

life(
  { ${classes.join(", ")} },
  { Cluster: ${lacking.className}, options: ${JSON.stringify(lacking.needed)}, sdk: ${JSON.stringify(sdk)} },
).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;
}
