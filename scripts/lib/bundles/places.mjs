import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../project.mjs";
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
  await installByYarn(places, tarball);
  writeEntries(places);
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

async function installByYarn({ pnp, yarn: { command, env } }, tarball) {
  mkdirSync(pnp);
  const dependencies = { "dask-fleet": `file:${tarball}` };
  const manifest = { name: "pnp", private: true, type: "module", dependencies };
  writeFileSync(join(pnp, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(pnp, "yarn.lock"), "");
  cpSync(join(SOURCES, "life.mjs"), join(pnp, "life.mjs"));
  writeFileSync(join(pnp, "main.mjs"), entry(["DigitalOcean"], "EC2"));
  const [node, ...args] = [...command, "install"];
  await runQuietly("Installing by Yarn", node, args, { cwd: pnp, env });
}

/** Where an SDK is not there: the cluster that needs it, with options that need nothing else. */
const LACKING = {
  EC2: { sdk: "@aws-sdk/client-ec2", options: { region: "us-east-1" } },
  Azure: { sdk: "@azure/identity", options: { location: "eastus", resourceGroup: "dask-rg" } },
};

const CLASSES = {
  EC2: ["EC2Cluster", "dask-fleet/aws"],
  GCP: ["GCPCluster", "dask-fleet/gcp"],
  Azure: ["AzureVMCluster", "dask-fleet/azure"],
  DigitalOcean: ["DropletCluster", "dask-fleet/digitalocean"],
};

function writeEntries({ tools, plain }) {
  writeFileSync(join(tools, "all.mjs"), entry(["EC2", "GCP", "Azure", "DigitalOcean"], "Azure"));
  writeFileSync(join(tools, "most.mjs"), entry(["EC2", "Azure", "DigitalOcean"], "Azure"));
  // ncc makes CommonJS of it where its name does not say ES module: its ES modules look for what is missing with a `require` they have not.
  for (const name of ["few.mjs", "few.js"]) writeFileSync(join(plain, name), entry(["DigitalOcean"], "EC2"));
}

/** A program that imports only what it uses, as people write it. */
function entry(clouds, lacking) {
  const names = [...new Set([...clouds, lacking])];
  const imports = names.map((name) => `import { ${CLASSES[name][0]} } from "${CLASSES[name][1]}";\n`);
  const classes = clouds.map((name) => `${name}: ${CLASSES[name][0]}`);
  const { sdk, options } = LACKING[lacking];
  return `${imports.join("")}import { life } from "./life.mjs";

life(
  { ${classes.join(", ")} },
  { Cluster: ${CLASSES[lacking][0]}, options: ${JSON.stringify(options)}, sdk: ${JSON.stringify(sdk)} },
).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
`;
}
