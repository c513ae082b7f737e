import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { SetupError } from "./project.mjs";

/** The manifests of all providers, in the order of their folders. */
export async function readManifests(root) {
  const folders = readdirSync(join(root, "providers"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted((a, b) => a.localeCompare(b));
  return Promise.all(folders.map((folder) => readManifest(root, folder)));
}

async function readManifest(root, folder) {
  const path = join("providers", folder, "manifest.ts");
  if (!existsSync(join(root, path))) throw new SetupError(`${path} is missing: providers/README.md says what it is.`);
  const { manifest } = await import(pathToFileURL(join(root, path)));
  if (manifest?.folder !== folder)
    throw new SetupError(`${path} must export a \`manifest\` whose folder is "${folder}".`);
  return manifest;
}

/** What a provider lacks of what each one has, or has otherwise than its manifest says. */
export async function providerFaults(root) {
  const manifests = await readManifests(root);
  const faults = await Promise.all(manifests.map((manifest) => faultsOf(root, manifest)));
  return [...["section", "command", "name", "className"].flatMap((fact) => shared(manifests, fact)), ...faults.flat()];
}

async function faultsOf(root, manifest) {
  const { folder, command, className, column } = manifest;
  const index = `providers/${folder}/index.ts`;
  const needed = {
    [index]: `it exports ${className} and the type ${className}Options`,
    [manifest.page]: "its page",
    ...(column === undefined
      ? {}
      : {
          [`packages/simulated-clouds/src/${command}`]: "its simulated cloud",
          [`test/conformance/providers/${command}.ts`]: "its adapter for the conformance suite",
        }),
  };
  const missing = Object.entries(needed).filter(([path]) => !existsSync(join(root, path)));
  const isThere = (path) => !missing.some(([each]) => each === path);
  return [
    ...missing.map(([path, what]) => `${path} is missing: ${what}`),
    ...(isThere(manifest.page) ? pageFaults(root, manifest) : []),
    ...(isThere(index) ? await classFaults(join(root, index), { index, className, command }) : []),
  ];
}

function pageFaults(root, { page, className, sdk, column }) {
  const text = readFileSync(join(root, page), "utf8");
  const [title] = text.split("\n");
  const install = `npm install ${["dask-fleet", ...sdk].join(" ")}`;
  // Other pages link to these.
  const headings = column === undefined ? ["Options"] : ["Options", "Permissions", "What can still cost money"];
  return [
    ...(title.startsWith("# ") && title.includes(className) ? [] : [`${page} has no title with ${className}`]),
    ...[install, ...headings.map((heading) => `## ${heading}`)]
      .filter((line) => !text.includes(`\n${line}\n`))
      .map((line) => `${page} lacks the line: ${line}`),
  ];
}

async function classFaults(path, { index, className, command }) {
  const { [className]: clusterClass } = await import(pathToFileURL(path));
  if (clusterClass === undefined) return [`${index} exports no ${className}`];
  const { name } = clusterClass.definition;
  return name === command
    ? []
    : [`The definition of ${className} says "${name}", and its manifest's command "${command}"`];
}

function shared(manifests, fact) {
  return [...Map.groupBy(manifests, (manifest) => manifest[fact])]
    .filter(([, { length }]) => length > 1)
    .map(([value, both]) => `${both.map(({ folder }) => folder).join(" and ")} have the same ${fact}, ${value}`);
}
