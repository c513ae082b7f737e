import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** All sources as one text, in which a sentence of several literals is whole. */
const SOURCES = globSync("{src,providers,templates}/**/*.{ts,sh,py}", { cwd: ROOT })
  .map(read)
  .join("\n")
  .replaceAll(/["'`] \+\s+["'`]/gu, "")
  .replaceAll(/\\([`"'])/gu, "$1");

test.each(["docs/troubleshooting.md", "docs/servers.md"])("what %s quotes is what the library says", (page) => {
  const quoted = [...read(page).matchAll(/^```text\n(.*?)^```$/gmsu)].flatMap(([, block = ""]) =>
    block.trim().split("\n"),
  );
  expect(quoted.length).toBeGreaterThan(0);
  const parts = quoted.flatMap((line) => line.split("…").map((part) => part.trim()));
  // A few letters between two things that differ are no quotation.
  const strangers = parts.filter((part) => part.length > 4 && !SOURCES.includes(part));
  expect(strangers).toEqual([]);
});
