import { expect, test } from "vitest";

import { JoinTokens } from "../../../../src/cluster/join/tokens.ts";

test("Requests of one group in quick succession share a token, which dies with the deadline of the last of them", () => {
  let now = 0;
  const tokens = new JoinTokens({ lifeMs: 100, now: () => now });
  const first = tokens.use("worker", "default");
  now = 49;
  expect(tokens.use("worker", "default")).toBe(first);
  now = 50;
  const second = tokens.use("worker", "default");
  expect(second).not.toBe(first);
  expect(tokens.living("worker").map(({ bytes }) => bytes.toString("hex"))).toEqual([first, second]);
  now = 148;
  expect(tokens.living("worker")).toHaveLength(2);
  now = 149;
  expect(tokens.living("worker").map(({ bytes }) => bytes.toString("hex"))).toEqual([second]);
  now = 150;
  expect(tokens.living("worker")).toEqual([]);
});

test("Each group and role has a token of its own, and looking at user data makes none", () => {
  const tokens = new JoinTokens({ lifeMs: 100, now: () => 0 });
  expect(tokens.sample).toMatch(/^[0-9a-f]{64}$/u);
  expect([tokens.living("worker"), tokens.living("scheduler")]).toEqual([[], []]);
  const all = [tokens.use("scheduler"), tokens.use("worker", "a"), tokens.use("worker", "b"), tokens.sample];
  expect(new Set(all).size).toBe(4);
  expect([tokens.living("worker").length, tokens.living("scheduler").length]).toEqual([2, 1]);
});
