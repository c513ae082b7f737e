import { join } from "node:path";

import { Application, Converter, LogLevel, ReflectionKind } from "typedoc";

import { importNames, readPackage } from "../lib/package/tarball.mjs";
import { ApiRouter } from "./router.mjs";
import { ApiTheme } from "./theme.mjs";

/**
 * Writes a page for each importable name of the package into `folder`, and returns what is wrong, as sentences: an export or a
 * public member without TSDoc, a type in a public signature that cannot be imported, a tag or a link that leads nowhere.
 */
export async function writeApi(root, folder) {
  const modules = modulesOf(root);
  const app = await Application.bootstrapWithPlugins({
    logLevel: "Warn",
    plugin: ["typedoc-plugin-markdown", ours],
    theme: "api",
    name: readPackage(root).name,
    basePath: root,
    entryPoints: modules.map(({ file }) => join(root, file)),
    tsconfig: join(root, "tsconfig.build.json"),
    // The compiler that the library is made with has checked it.
    skipErrorChecking: true,
    out: folder,
    readme: "none",
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    sort: ["kind", "instance-first", "alphabetical-ignoring-documents"],
    validation: { notExported: true, notDocumented: true, invalidLink: true, rewrittenLink: true },
    // From here on typedoc-plugin-markdown's.
    router: "api",
    hideBreadcrumbs: true,
    hidePageHeader: true,
    pageTitleTemplates: { index: "API", module: ({ rawName }) => rawName },
    expandParameters: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    classPropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    propertyMembersFormat: "table",
    tableColumnSettings: { hideInherited: true, hideOverrides: true, hideModifiers: true },
  });
  const faults = [];
  app.logger.addContext = (message) => message;
  app.logger.log = (message, level) => level >= LogLevel.Warn && faults.push(message);
  app.converter.on(Converter.EVENT_END, tellInheritedOnce);
  const project = await app.convert();
  if (project === undefined) return [...faults, "TypeDoc found nothing to document."];
  app.validate(project);
  // TypeDoc names a module for its file.
  for (const module of project.children ?? []) {
    const named = modules.find(({ file }) => [`${module.name}.ts`, `${module.name}/index.ts`].includes(file));
    module.name = named?.name ?? module.name;
  }
  await app.generateOutputs(project);
  return faults;
}

function ours({ renderer }) {
  renderer.defineTheme("api", ApiTheme);
  renderer.defineRouter("api", ApiRouter);
}

/** The importable names of the package, each with the source of what its types are made from. */
function modulesOf(root) {
  const manifest = readPackage(root);
  return importNames(manifest).map((name) => {
    const { types } = manifest.exports[name.replace(manifest.name, ".")];
    return { name, file: types.replace(/^\.\/dist\/(.+)\.d\.ts$/, "$1.ts") };
  });
}

/** Members inherited from a type with a page of its own are documented there, across any number of types in between. */
function tellInheritedOnce(context) {
  const { project, programs } = context;
  const [checker] = programs.map((program) => program.getTypeChecker());
  const types = project.getReflectionsByKind(ReflectionKind.ClassOrInterface);
  const bySymbol = new Map(types.map((type) => [context.getSymbolFromReflection(type), type]));
  const basesOf = (symbol) =>
    (checker.getDeclaredTypeOfSymbol(symbol).getBaseTypes() ?? [])
      .map((base) => base.symbol)
      .flatMap((base) => [base, ...basesOf(base)]);
  for (const [symbol, type] of bySymbol) {
    const bases = basesOf(symbol).flatMap((base) => bySymbol.get(base) ?? []);
    const isTold = ({ name, inheritedFrom }) =>
      inheritedFrom !== undefined && bases.some((base) => base.children?.some((member) => member.name === name));
    removeMembers(type, isTold);
  }
}

function removeMembers(type, isGone) {
  const gone = new Set((type.children ?? []).filter(isGone));
  for (const member of gone) type.project.removeReflection(member);
  for (const group of type.groups ?? []) group.children = group.children.filter((member) => !gone.has(member));
  type.groups = type.groups?.filter(({ children }) => children.length > 0);
}
