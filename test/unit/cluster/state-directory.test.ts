import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { makePrivateDirectory, stateRoot } from "../../../src/cluster/state-directory.ts";

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-state-"));
});
afterEach(async () => await rm(base, { recursive: true, force: true }));

test.each(["$HOME/x", "a${b}c", "line\nend"])(
  "a directory that Dask would read as something else is refused: %j",
  async (name) => {
    await expect(makePrivateDirectory(join(base, name))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  },
);

test("a directory that others can look into is refused", async () => {
  await expect(makePrivateDirectory("/tmp")).rejects.toThrow("make it yours alone (chmod 700)");
});

test("an odd but harmless name is taken", async () => {
  await expect(makePrivateDirectory(join(base, "it's $(here) 🚀"))).resolves.toBeUndefined();
});

test("records stand in XDG_STATE_HOME, or else in ~/.local/state", () => {
  expect(stateRoot({ XDG_STATE_HOME: "/x" })).toBe("/x/dask-fleet");
  expect(stateRoot({ XDG_STATE_HOME: "" })).toMatch(/\/\.local\/state\/dask-fleet$/u);
});
