import { existsSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*(["'])([^"'\n]+)\1/g;
/** In a bundle, other people's code has strings that look like anything; what it imports stands in statements of its own. */
const STATEMENT = /^(?:import|export)\b[^"'\n;]*(["'])([^"'\n]+)\1/gm;
const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;

/**
 * Where what is imported and what is declared differ, both ways. Public types need no package: a user's compiler, with its settings,
 * would have to read that one's declarations.
 */
export function dependencyFaults({ installed, files, manifest }) {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const code = importedBy(
    installed,
    files.filter((file) => file.endsWith(".js")),
  );
  const types = importedBy(installed, publicTypes(installed, manifest.exports));
  const declared = Object.keys(dependencies);
  const peers = Object.keys(peerDependencies);
  return [
    ...[...code].filter(([name]) => ![...declared, ...peers].includes(name)).map(by("is imported and not declared")),
    ...[...types].map(by("is in a public type")),
    ...declared.filter((name) => !code.has(name)).map((name) => `${name} is declared and never imported`),
    ...peers.filter((name) => !code.has(name)).map((name) => `${name} is a peer and never imported`),
    ...peers
      .filter((name) => peerDependenciesMeta[name]?.optional !== true)
      .map((name) => `${name} is a peer and not optional`),
  ];
}

/** Package names imported by the files, and the first file that does. */
function importedBy(installed, files) {
  const found = new Map();
  for (const file of files) {
    const isBundle = file.endsWith(".js") && existsSync(join(installed, file.replace(/\.js$/, ".LICENSES.md")));
    const source = readFileSync(join(installed, file), "utf8");
    for (const name of isBundle ? packages(source, STATEMENT) : packagesImported(source)) {
      if (!found.has(name)) found.set(name, file);
    }
  }
  return found;
}

export function packagesImported(source) {
  return packages(source.replaceAll(COMMENT, ""), SPECIFIER);
}

function packages(source, pattern) {
  return new Set(specifiers(source, pattern).filter(isPackage).map(packageName));
}

function specifiers(source, pattern = SPECIFIER) {
  return [...source.matchAll(pattern)].map(([, , specifier]) => specifier);
}

/** The declarations that a user's compiler reads: those exported, and what they lead to. */
function publicTypes(installed, exports) {
  const reached = new Set(
    Object.values(exports)
      .map(({ types }) => types)
      .filter((types) => types !== undefined)
      .map((types) => normalize(types)),
  );
  for (const file of reached) {
    const relative = specifiers(readFileSync(join(installed, file), "utf8").replaceAll(COMMENT, "")).filter((name) =>
      name.startsWith("."),
    );
    for (const name of relative) reached.add(join(dirname(file), name.replace(/\.(?:js|ts)$/, ".d.ts")));
  }
  return reached;
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
