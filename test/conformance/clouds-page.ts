import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PAGE = readFileSync(fileURLToPath(new URL("../../docs/clouds.md", import.meta.url)), "utf8");

/** How the page says that a cloud lacks something. */
export const NOT_AVAILABLE = "not available on this cloud";

/** The first table of the page. */
const [TABLE = ""] = /^\|[^]*?(?=\n\n)/mu.exec(PAGE) ?? [];

const [[, ...names] = [], , ...rows] = TABLE.split("\n").map((line) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim()),
);

/** The clouds of the page, by the names that their providers have here. */
export const columns: readonly string[] = names;

/** What the page is about, in its order, and what it says of each cloud. */
export const table: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  rows.map(([row = "", ...cells]) => [
    row.replaceAll("`", ""),
    new Map(cells.map((cell, nth) => [names[nth] ?? "", cell])),
  ]),
);
