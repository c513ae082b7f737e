import { readFileSync } from "node:fs";
import { join } from "node:path";

import * as z from "zod";

import { documentedOptions } from "../../../src/options/documented.ts";
import { baseOf, COMMON, ownShape, type Provider } from "./providers.ts";

type Shape = Readonly<Record<string, z.ZodType>>;

const PLACE = /(<!-- generated: options of ([^>]+?) -->\n)[^]*?(<!-- \/generated -->)/gu;
/** Pages whose tables are of no provider's own. */
const PAGES: readonly string[] = ["README.md", "docs/options.md"];

/** The pages with tables of options, their tables made anew. */
export function pagesWithTables(root: string, providers: readonly Provider[]): Readonly<Record<string, string>> {
  const paths = [...PAGES, ...providers.map(({ page }) => page)];
  return Object.fromEntries(
    paths.map((path) => [path, withTables(readFileSync(join(root, path), "utf8"), tables(providers))]),
  );
}

/** A page with the tables between its markers made anew. What is not between markers stays. */
export function withTables(page: string, tables: ReadonlyMap<string, string>): string {
  return page.replaceAll(PLACE, (_, start: string, name: string, end: string) => {
    const table = tables.get(name);
    if (table === undefined)
      throw new Error(`There is no table of options called ${name}: ${[...tables.keys()].join(", ")}`);
    return `${start}\n${table}\n${end}`;
  });
}

/** Each table by its name: that of common options, or the command of a provider. */
function tables(providers: readonly Provider[]): ReadonlyMap<string, string> {
  const common = COMMON.map(({ table, shape }) => [table, shape] as const);
  const own = providers.map(({ command, schema }) => [command, schema.shape as Shape] as const);
  return new Map([...common, ...own].map(([name, shape]) => [name, tableOf(shape)]));
}

/** The options that a shape has of its own: their names, what holds without them, what they are. */
export function tableOf(shape: Shape): string {
  const base = baseOf(shape);
  const own = ownShape(
    shape,
    base === undefined ? [] : COMMON.slice(0, COMMON.indexOf(base) + 1).map((each) => each.shape),
  );
  const rows = documentedOptions(z.object(shape))
    .filter(({ name, aliasOf = "", isPlainAlias }) => name in own && !(isPlainAlias && aliasOf in own))
    .map(({ name, aliases, aliasOf, otherwise, brief }) => [
      [name, ...aliases].map((each) => `\`${each}\``).join(", "),
      aliasOf === undefined ? shortened(otherwise) : `\`${aliasOf}\``,
      brief,
    ]);
  return [["option", "default", "meaning"], ["---", "---", "---"], ...rows].map(rowText).join("\n") + "\n";
}

/** The beginning of what holds by default, up to the details. */
function shortened(text: string): string {
  const [beginning = text] = /^(?:`[^`]*`|\[[^\]]*\]|[^,;(`])*/u.exec(text) ?? [];
  return beginning.trim();
}

function rowText(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
