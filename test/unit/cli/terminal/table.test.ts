import { expect, test } from "vitest";

import { ago, inWords } from "../../../../src/cli/terminal/age.ts";
import { cells, cut } from "../../../../src/cli/terminal/cells.ts";
import { type Column, table, widthOf } from "../../../../src/cli/terminal/table.ts";

interface Row {
  readonly name: string;
  readonly workers: number;
  readonly state: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", text: ({ name }) => name, shrink: true },
  { title: "WORKERS", text: ({ workers }) => String(workers), align: "right" },
  { title: "STATE", text: ({ state }) => state, style: () => "good" },
];
const ROWS: readonly Row[] = [
  { name: "my-cluster", workers: 4, state: "running" },
  { name: "日本語の名前", workers: 120, state: "" },
  { name: `long-${"x".repeat(60)}`, workers: 0, state: "powered-off" },
];

test("a table is aligned by cells, has a header, and no blanks at the ends of its lines", () => {
  expect(table(COLUMNS, ROWS.slice(0, 2)).split("\n")).toEqual([
    "NAME          WORKERS  STATE",
    "my-cluster          4  running",
    "日本語の名前      120",
  ]);
});

test("a table is cut to the terminal, and what may shrink gives way first", () => {
  const narrow = table(COLUMNS, ROWS, { columns: 40 }).split("\n");
  expect(narrow).toEqual([
    "NAME                WORKERS  STATE",
    "my-cluster                4  running",
    "日本語の名前            120",
    "long-xxxxxxxxxxxx…        0  powered-off",
  ]);
  for (const columns of [12, 20, 30]) {
    for (const line of table(COLUMNS, ROWS, { columns }).split("\n")) expect(cells(line)).toBeLessThanOrEqual(columns);
  }
});

test("a table in a pipe is whole, and one without rows is empty", () => {
  expect(table(COLUMNS, ROWS)).toContain(`long-${"x".repeat(60)}`);
  expect(table(COLUMNS, [])).toBe("");
  expect([
    widthOf({ isTTY: true, columns: 60 }),
    widthOf({ columns: 60 }),
    widthOf({ isTTY: true, columns: 0 }),
  ]).toEqual([60, undefined, undefined]);
});

test("colours change neither the width of a table nor what is cut", () => {
  const paint = (_: unknown, text: string): string => (text === "" ? "" : `\u{1B}[32m${text}\u{1B}[39m`);
  for (const columns of [20, 40, undefined]) {
    const coloured = table(COLUMNS, ROWS, { columns, paint });
    // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
    expect(coloured.replaceAll(/\u{1B}\[\d+m/gu, "")).toBe(table(COLUMNS, ROWS, { columns }));
  }
});

test.each([
  ["日本語", 6, "日本語"],
  ["日本語", 5, "日本…"],
  ["日本語", 4, "日…"],
  ["e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"],
  ["abc", 1, "…"],
  ["abc", 0, ""],
])("%s in %i cells is %s", (text, columns, shown) => {
  expect(cut(text, columns)).toBe(shown);
});

test.each([
  [0, "0 s"],
  [28_900, "28 s"],
  [60_000, "1 min"],
  [185_000, "3 min 5 s"],
  [7_800_000, "2 h 10 min"],
  [3_600_000 + 5000, "1 h"],
  [273_600_000, "3 d 4 h"],
  [-5, "0 s"],
])("%i ms are %s", (ms, words) => {
  expect(inWords(ms)).toBe(words);
  expect(ago(new Date(1_000_000 - ms), 1_000_000)).toBe(`${words} ago`);
});
