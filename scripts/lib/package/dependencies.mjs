import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*(["'])([^"'\n]+)\1/g;
const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;

/** Where what is imported and what is declared differ, both ways; types included. */
export function dependencyFaults({ installed, files, manifest }) {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const code = importedBy(installed, files, ".js");
  const types = importedBy(installed, files, ".d.ts");
  const declared = Object.keys(dependencies);
  const peers = Object.keys(peerDependencies);
  return [
    ...[...code].filter(([name]) => ![...declared, ...peers].includes(name)).map(by("is imported and not declared")),
    ...[...types].filter(([name]) => !declared.includes(name)).map(by("is in a public type and no dependency")),
    ...declared
      .filter((name) => !code.has(name) && !types.has(name))
      .map((name) => `${name} is declared and never imported`),
    ...peers.filter((name) => !code.has(name)).map((name) => `${name} is a peer and never imported`),
    ...peers
      .filter((name) => peerDependenciesMeta[name]?.optional !== true)
      .map((name) => `${name} is a peer and not optional`),
  ];
}

/** Package names imported by the files, and the first file that does. */
function importedBy(installed, files, extension) {
  const found = new Map();
  for (const file of files.filter((name) => name.endsWith(extension))) {
    for (const name of packagesImported(readFileSync(join(installed, file), "utf8"))) {
      if (!found.has(name)) found.set(name, file);
    }
  }
  return found;
}

export function packagesImported(source) {
  const names = [...source.replaceAll(COMMENT, "").matchAll(SPECIFIER)].map(([, , specifier]) => specifier);
  return new Set(names.filter(isPackage).map(packageName));
}

function isPackage(specifier) {
  return !/^[.#/]/.test(specifier) && !specifier.startsWith("node:") && !builtinModules.includes(specifier);
}

function packageName(specifier) {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function by(what) {
  return ([name, file]) => `${name} ${what} (${file})`;
}
