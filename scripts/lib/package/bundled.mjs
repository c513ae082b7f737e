import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The first versions without the vulnerability that the advisory tells of, and without all earlier ones. */
const SAFE_FROM = {
  axios: { version: "1.13.5", advisory: "GHSA-43fc-jf86-j433" },
  "follow-redirects": { version: "1.15.6", advisory: "GHSA-cxjh-pqwp-8mfp" },
  "form-data": { version: "4.0.4", advisory: "GHSA-fjxv-7rqg-78g4" },
};

/** Packages inside a packed bundle that are vulnerable, or not of the version that was chosen for it: npm's audit cannot see them. */
export function bundledFaults({ installed, files, manifest, root }) {
  const { overrides } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const bundled = files
    .filter((file) => file.endsWith(".LICENSES.md"))
    .flatMap((file) => [...readFileSync(join(installed, file), "utf8").matchAll(/^## (\S+) (\S+) \(/gm)])
    .map(([, name, version]) => ({ name, version }));
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
    ...bundled
      // What a bundled library needs in a version of its own cannot be shared.
      .filter(({ name, version }) => dependencies[name] === version || name in peerDependencies)
      .map(({ name }) => `${name} is bundled and installed as well`),
  ];
}

function isOlder(version, other) {
  return version.localeCompare(other, "en", { numeric: true }) < 0;
}
