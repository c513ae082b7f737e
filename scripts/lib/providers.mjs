import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { SetupError } from "./project.mjs";

/** The manifests of all providers, in the order of their folders. */
export async function readManifests(root) {
  const folders = readdirSync(join(root, "providers"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return Promise.all(folders.map((folder) => readManifest(root, folder)));
}

async function readManifest(root, folder) {
  const path = join("providers", folder, "manifest.ts");
  if (!existsSync(join(root, path))) throw new SetupError(`${path} is missing: providers/README.md says what it is.`);
  const { manifest } = await import(pathToFileURL(join(root, path)));
  if (manifest?.folder !== folder) throw new SetupError(`${path} exports no \`manifest\` whose folder is "${folder}".`);
  return manifest;
}
