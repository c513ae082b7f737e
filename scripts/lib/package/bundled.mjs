import { readFileSync } from "node:fs";
import { join } from "node:path";

import { LICENSES } from "../bundle.mjs";

/** The first versions without the vulnerability that the advisory tells of, and without all earlier ones. */
const SAFE_FROM = {
  axios: { version: "1.13.5", advisory: "GHSA-43fc-jf86-j433" },
  "follow-redirects": { version: "1.15.6", advisory: "GHSA-cxjh-pqwp-8mfp" },
  "form-data": { version: "4.0.4", advisory: "GHSA-fjxv-7rqg-78g4" },
};

/** Packages inside a packed bundle that are vulnerable, or not of the version that was chosen for it: npm's audit cannot see them. */
export function bundledFaults({ installed, files, manifest, root }) {
  const { devDependencies, overrides } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (!files.includes(LICENSES)) return [`${LICENSES} is not packed`];
  const bundled = bundledPackages(installed);
  const chosen = Object.assign({}, ...Object.values(overrides));
  const { dependencies = {}, peerDependencies = {} } = manifest;
  return [
    ...Object.keys(SAFE_FROM)
      .filter((name) => !bundled.some((each) => each.name === name))
      .map((name) => `${name} is in no bundle: is it in the package at all?`),
    ...bundled
      .filter(({ name, version }) => name in SAFE_FROM && isOlder(version, SAFE_FROM[name].version))
      .map(({ name, version }) => `${name} ${version} is bundled, which has ${SAFE_FROM[name].advisory}`),
    ...bundled
      .filter(({ name, version }) => name in chosen && chosen[name] !== version)
      .map(({ name, version }) => `${name} ${version} is bundled, and not ${chosen[name]} as package.json says`),
    // A bundled package may need another one in a version of its own.
    ...Object.entries(devDependencies)
      .filter(([name]) => bundled.some((each) => each.name === name))
      .filter(([name, version]) => !bundled.some((each) => each.name === name && each.version === version))
      .map(([name, version]) => `${name} is bundled, and not in version ${version} as package.json says`),
    ...bundled
      .filter(({ name }) => name in dependencies || name in peerDependencies)
      .map(({ name }) => `${name} is bundled and installed as well`),
  ];
}

/** Names and versions of what is bundled, by the licenses that come with it. */
export function bundledPackages(installed) {
  const titles = readFileSync(join(installed, LICENSES), "utf8").matchAll(/^## (\S+) (\S+) \(/gm);
  return [...titles].map(([, name, version]) => ({ name, version }));
}

function isOlder(version, other) {
  return version.localeCompare(other, "en", { numeric: true }) < 0;
}
