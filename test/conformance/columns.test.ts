import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { columns } from "./clouds-page.ts";
import { providers } from "./providers/all.ts";

const names = providers.map(({ name }) => name);

test("docs/clouds.md has a column for every provider, and no other", () => {
  expect(columns.toSorted()).toEqual(names.toSorted());
});

test("every provider is put through every topic", () => {
  const topics = (name: string): readonly string[] =>
    readdirSync(fileURLToPath(new URL(name.toLowerCase(), import.meta.url))).sort();
  const [first = "", ...others] = names;
  expect(topics(first)).toContain("table.test.ts");
  for (const name of others) expect([name, topics(name)]).toEqual([name, topics(first)]);
});
