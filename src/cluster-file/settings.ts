import type * as z from "zod";

import { type ConfigNode, type ConfigTree, overlay, plain } from "../options/config-tree.ts";
import { textReadings } from "../options/flags/flag-readings.ts";
import { flagTree } from "../options/flags/flag-tree.ts";
import type { Flag } from "../options/flags/flags.ts";
import { instead } from "../options/former-options.ts";
import { invalid } from "../options/invalid.ts";
import { camelCase, kebabCase, snakeCase } from "../options/option-names.ts";
import { OWN_NAMES } from "./layer.ts";
import { unknownGroup } from "./workers.ts";

/** A `--set key.path=value`. */
export interface Setting {
  /** As written, without the value: `--set workers.cpu.count`. */
  readonly written: string;
  readonly path: readonly [string, ...string[]];
  readonly value: string;
}

/** @throws DaskFleetError `CONFIG_INVALID` for a text without `=`; it does not show a value */
export function parseSetting(text: string): Setting {
  const at = text.indexOf("=");
  const [name = "", ...inner] = (at < 0 ? text : text.slice(0, at)).trim().split(".");
  if (at < 0 || name === "" || inner.includes("")) {
    throw invalid(
      `Expected --set key.path=value, such as --set workers=4, got "${at < 0 ? name : text.slice(0, at)}".`,
    );
  }
  return { written: `--set ${[name, ...inner].join(".")}`, path: [name, ...inner], value: text.slice(at + 1) };
}

/** The parts of a file that are read before its provider is known. */
export function ownSettings(settings: readonly Setting[]): ConfigTree {
  const tree: ConfigTree = new Map();
  const own = settings.filter(isOwn);
  for (const [, given] of Map.groupBy(own, ({ path }) => path.join("."))) {
    const [first] = given;
    if (first === undefined) continue;
    const [name, ...inner] = first.path;
    overlay(tree, nested([snakeCase(camelCase(name)), ...inner], leafOf(given as [Setting, ...Setting[]])));
  }
  return tree;
}

/**
 * The document with settings applied; the document itself stays as it is. Each text is read by the schema of its option; a setting that
 * is given several times is a list. Faults are added to `problems`.
 */
export function withSettings(
  document: ConfigTree,
  settings: readonly Setting[],
  { schema, problems }: { readonly schema: z.ZodObject; readonly problems: string[] },
): ConfigTree {
  const tree: ConfigTree = new Map();
  overlay(tree, document);
  const known = Object.keys(schema.shape);
  const options = settings.filter((setting) => !isOwn(setting));
  const unknown = options.filter(({ path }) => !known.includes(camelCase(path[0])));
  problems.push(
    ...unknown.map(
      ({ written, path: [name] }) =>
        `Unknown name in "${written}". ${instead(name, [...OWN_NAMES, ...known], kebabCase)}`,
    ),
    ...settings.flatMap(({ path: [name, group], written }) => {
      const hint =
        camelCase(name) === "workers" && group !== undefined ? unknownGroup(group, document.get("workers")) : undefined;
      return hint === undefined ? [] : [`Unknown worker group in "${written}". ${hint}`];
    }),
  );
  overlay(tree, ownSettings(settings));
  overlay(tree, flagTree(options.filter((setting) => !unknown.includes(setting)).map(asFlag), schema, problems));
  return tree;
}

function isOwn({ path: [name] }: Setting): boolean {
  return (OWN_NAMES as readonly string[]).includes(snakeCase(camelCase(name)));
}

function asFlag({ written, path, value }: Setting): Flag {
  return { written, path, value };
}

function leafOf(settings: readonly [Setting, ...Setting[]]): ConfigNode {
  const [{ written }] = settings;
  const source = { kind: "flag", flag: written } as const;
  if (settings.length > 1) return { readings: [settings.map(({ value }) => value)], source };
  const [first, ...more] = textReadings(undefined, settings[0].value).flatMap(({ value, text }) => [
    plain(value),
    plain(text),
  ]);
  return { readings: [first, ...more, settings[0].value], source };
}

function nested([name = "", ...more]: readonly string[], node: ConfigNode): ConfigTree {
  return new Map([[name, more.length === 0 ? node : { children: nested(more, node) }]]);
}
