import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, expect, test } from "vitest";

import { rememberStart, usualStartMs } from "../../../src/state/start-times.ts";
import { stateRoot } from "../../../src/state/state-root.ts";
import { ownStateDirectory } from "../cluster/fake-cluster.ts";

ownStateDirectory();

let provider = "";
beforeEach(() => {
  mkdirSync(stateRoot(), { recursive: true, mode: 0o700 });
  provider = `provider-${performance.now()}`;
});

test("the usual time of a start is the median of the last five, and nothing before the third", async () => {
  for (const seconds of [900, 70]) await rememberStart(provider, seconds * 1000);
  expect(await usualStartMs(provider)).toBeUndefined();
  for (const seconds of [60, 80, 75, 65.4]) await rememberStart(provider, seconds * 1000);
  expect(await usualStartMs(provider)).toBe(70_000);
  expect(await usualStartMs("another")).toBeUndefined();
});

test("a start of seconds is not remembered", async () => {
  for (let nth = 0; nth < 5; nth += 1) await rememberStart(provider, 3000);
  expect(await usualStartMs(provider)).toBeUndefined();
});

test.each(["", "[]", "null", '{"p":"much"}', '{"p":[null,"70000",-1,1e999]}', "x".repeat(20_000)])(
  "a damaged file is none, and the next start mends it: %s",
  async (content) => {
    writeFileSync(join(stateRoot(), "start-times.json"), content, { mode: 0o600 });
    expect(await usualStartMs("p")).toBeUndefined();
    for (let nth = 0; nth < 3; nth += 1) await rememberStart(provider, 70_000);
    expect(await usualStartMs(provider)).toBe(70_000);
  },
);

test("where nothing can be written, nothing fails", async () => {
  const before = process.env["XDG_STATE_HOME"];
  process.env["XDG_STATE_HOME"] = "/dev/null";
  await rememberStart(provider, 70_000);
  expect(await usualStartMs(provider)).toBeUndefined();
  process.env["XDG_STATE_HOME"] = before;
});
