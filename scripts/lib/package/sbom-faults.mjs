import { readFileSync } from "node:fs";
import { join } from "node:path";

import { SBOM } from "../bundle.mjs";
import { bundledPackages } from "./bundled.mjs";

/** Where the packed SBOM and what is there differ: the bundles by their licenses, the others by what npm has installed. */
export function sbomFaults({ installed, files }) {
  if (!files.includes(SBOM)) return [`${SBOM} is not packed`];
  const text = readFileSync(join(installed, SBOM), "utf8");
  const { components } = JSON.parse(text);
  const told = (how) => components.filter((each) => each.properties.some(({ value }) => value === how)).map(label);
  const licensed = bundledPackages(installed).map(label);
  return [
    ...difference(licensed, told("bundled"), "bundled"),
    // Npm may take newer ones than were locked of what our dependencies need in turn.
    ...difference(besideOf(installed).map(nameOf), told("installed").map(nameOf), "installed"),
    ...(/https?:\/\/(?!cyclonedx\.org\/)/.test(text) ? [`${SBOM} holds the address of a registry`] : []),
  ];
}

/** What npm has installed into the consumer along with the package. */
function besideOf(installed) {
  const modules = installed.slice(0, installed.lastIndexOf("/node_modules/") + "/node_modules".length);
  const { packages } = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8"));
  return Object.entries(packages)
    .map(([path, { version }]) => ({ path, name: path.slice(path.lastIndexOf("node_modules/") + 13), version }))
    .filter(({ path }) => join(modules, "..", path) !== installed)
    .map(label);
}

function label({ name, version }) {
  return `${name}@${version}`;
}

function nameOf(label) {
  return label.slice(0, label.lastIndexOf("@"));
}

function difference(there, told, what) {
  return [
    ...there.filter((each) => !told.includes(each)).map((each) => `${each} is ${what}, and not in ${SBOM}`),
    ...told.filter((each) => !there.includes(each)).map((each) => `${each} is in ${SBOM}, and not ${what}`),
  ];
}
