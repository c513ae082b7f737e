import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";

import { Visitor, parseSync } from "rolldown/utils";

import { publicDeclarations, specifiers } from "../declarations.mjs";

/**
 * Where what is imported and what is declared differ, both ways. Public types need no package: a user's compiler, with its settings,
 * would have to read that one's declarations.
 */
export function dependencyFaults({ installed, files, manifest }) {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const modules = files.filter((file) => file.endsWith(".js"));
  const code = importedBy(installed, modules, importsOf);
  const types = importedBy(installed, publicDeclarations(installed, manifest.exports), specifiers);
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

/** What a module imports, read as a compiler does: other people's code has strings that look like anything. */
export function importsOf(source, file) {
  const found = [];
  const add = ({ source: from }) => {
    if (typeof from?.value === "string") found.push(from.value);
  };
  const visitor = new Visitor({
    ImportDeclaration: add,
    ExportAllDeclaration: add,
    ExportNamedDeclaration: add,
    ImportExpression: add,
  });
  visitor.visit(parseSync(file, source).program);
  return found;
}

/** Package names imported by the files, and the first file that does. */
function importedBy(installed, files, read) {
  const found = new Map();
  for (const file of files) {
    const names = read(readFileSync(join(installed, file), "utf8"), file)
      .filter(isPackage)
      .map(packageName);
    for (const name of names) if (!found.has(name)) found.set(name, file);
  }
  return found;
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
