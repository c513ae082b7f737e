import { expect, test } from "vitest";

import { LiveRegion } from "../../../../src/cli/terminal/live-region.ts";
import { EmulatedScreen } from "../../../support/screen.ts";

function regionOf(columns: number, rows: number): { readonly screen: EmulatedScreen; readonly region: LiveRegion } {
  const screen = new EmulatedScreen(columns, rows);
  return { screen, region: new LiveRegion(screen) };
}

const machines = (count: number): readonly string[] => Array.from({ length: count }, (_, nth) => `machine ${nth + 1}`);

test("each draw replaces the rows before, also fewer by more and more by fewer", async () => {
  const { screen, region } = regionOf(60, 24);
  region.say("above");
  for (const count of [3, 1, 5, 2]) region.draw(["cluster", ...machines(count)]);
  expect(await screen.lines()).toEqual(["above", "cluster", "machine 1", "machine 2"]);
  region.draw([]);
  expect(await screen.lines()).toEqual(["above"]);
  expect(await screen.isAsFound()).toBe(true);
});

test("what is said stays above the rows, once, and the rows are there once", async () => {
  const { screen, region } = regionOf(20, 24);
  region.draw(["one", "two"]);
  region.say("said, and longer than the terminal is wide");
  region.say("twice\nin two lines");
  region.draw(["one", "three"]);
  const said = ["said, and longer tha", "n the terminal is wi", "de", "twice", "in two lines"];
  expect(await screen.lines()).toEqual([...said, "one", "three"]);
});

test("what is said after the last draw does not repeat the rows", async () => {
  const { screen, region } = regionOf(60, 24);
  region.draw(["one", "two"]);
  region.finish();
  region.say("the end");
  region.draw(["anew"]);
  expect(await screen.lines()).toEqual(["one", "two", "the end", "anew"]);
});

test("30 machines in 12 rows: the head, as many as fit, and how many more", async () => {
  const { screen, region } = regionOf(60, 12);
  for (const head of ["cluster 1 s", "cluster 2 s", "cluster 3 s"]) {
    region.draw([head, ...machines(30)]);
    expect(await screen.lines()).toEqual([head, ...machines(9), "  … and 21 more"]);
  }
  region.finish();
  expect(await screen.lines()).toEqual(["cluster 3 s", ...machines(30)]);
});

test.each([
  [60, "日本語の名前".repeat(20)],
  [61, "日本語の名前".repeat(20)],
  [60, "👩‍👩‍👧‍👦 née e\u{301}".repeat(20)],
  [60, "x".repeat(60)],
  [60, `\u{1B}[32m${"green ".repeat(20)}\u{1B}[39m`],
])("a row of %i cells or more is cut by cells, and leaves no ghost: %s", async (columns, row) => {
  const { screen, region } = regionOf(columns, 24);
  for (const nth of [1, 2, 3]) region.draw([`draw ${nth}`, row, "end"]);
  const lines = await screen.lines();
  expect(lines).toHaveLength(3);
  expect([lines[0], lines[2]]).toEqual(["draw 3", "end"]);
});

test.each([
  ["narrower", [20, 24]],
  ["much narrower", [7, 24]],
  ["wider", [100, 24]],
  ["shorter", [60, 5]],
  ["taller", [60, 40]],
] as const)("a terminal that becomes %s shows the rows once", async (_, [columns, rows]) => {
  const { screen, region } = regionOf(60, 24);
  region.say("above");
  region.draw([`cluster ${"c".repeat(30)}`, `long ${"m".repeat(50)}`, "end"]);
  await screen.resize(columns, rows);
  region.resized();
  region.draw(["cluster", "long", "end"]);
  expect(await screen.lines()).toEqual(["above", "cluster", "long", "end"]);
});

test("nothing is written where nothing has changed", () => {
  const { screen, region } = regionOf(60, 24);
  region.draw(["one"]);
  const { length } = screen.written;
  region.draw(["one"]);
  expect(screen.written).toHaveLength(length);
});

test("rows that somebody wrote over are drawn anew, below", async () => {
  const { screen, region } = regionOf(60, 24);
  region.draw(["one", "two"]);
  screen.write("$ fg\r\n");
  region.forget();
  region.draw(["one", "two"]);
  expect(await screen.lines()).toEqual(["one", "two", "$ fg", "one", "two"]);
});

test("a frame that did not reach the terminal whole is not counted on", async () => {
  const screen = new EmulatedScreen(60, 24);
  let isStalled = true;
  const region = new LiveRegion({
    columns: 60,
    rows: 24,
    write: (text) => screen.write(isStalled ? text.slice(0, text.indexOf("two")) : text) && !isStalled,
  });
  screen.write("kept\r\n");
  region.draw(["one", "two"]);
  isStalled = false;
  region.draw(["one", "two"]);
  expect((await screen.lines()).slice(0, 1)).toEqual(["kept"]);
  expect((await screen.lines()).slice(-2)).toEqual(["one", "two"]);
  expect(await screen.isAsFound()).toBe(true);
});

test("rows begin a line of their own after somebody's text without an end, and say nothing of it", async () => {
  const { screen, region } = regionOf(20, 24);
  screen.write("no end");
  region.forget();
  region.draw(["one"]);
  region.draw(["two"]);
  region.finish();
  screen.write("end\r\n");
  region.forget();
  region.say("said");
  expect(await screen.lines()).toEqual(["no end", "two", "end", "said"]);
});

test("without rows, what is said is plain text: somebody else may have drawn on the terminal", () => {
  const { screen, region } = regionOf(60, 24);
  region.say("said");
  expect(screen.written).toBe("said\r\n");
});
