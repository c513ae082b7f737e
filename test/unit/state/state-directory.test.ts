import { chmod, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { homeDirectory } from "../../../src/files/home.ts";
import { configPaths } from "../../../src/options/config-files.ts";
import { stateStore } from "../../../src/state/file-store.ts";
import { makePrivateDirectory } from "../../../src/state/private-directory.ts";
import { stateRoot } from "../../../src/state/state-root.ts";

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-state-"));
});
afterEach(async () => await rm(base, { recursive: true, force: true }));

test.each(["$HOME/x", "a${b}c", "line\nend"])(
  "a directory that Dask would read differently is refused: %j",
  async (name) => {
    await expect(makePrivateDirectory(join(base, name))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  },
);

test("a directory readable by others is refused", async () => {
  await expect(makePrivateDirectory("/tmp")).rejects.toMatchObject({
    code: "STATE_UNTRUSTED",
    message: expect.stringContaining("make it yours alone (chmod 700)"),
  });
});

test("an unusual but safe name is accepted", async () => {
  await expect(makePrivateDirectory(join(base, "it's $(here) 🚀"))).resolves.toBeUndefined();
});

test("records are stored in XDG_STATE_HOME, or in ~/.local/state", () => {
  expect(stateRoot({ XDG_STATE_HOME: "/x" })).toBe("/x/dask-fleet");
  expect(stateRoot({ XDG_STATE_HOME: "" })).toMatch(/\/\.local\/state\/dask-fleet$/u);
});

test("a relative XDG_STATE_HOME is refused: it differs between processes", () => {
  expect(() => stateRoot({ XDG_STATE_HOME: "state" })).toThrow("set it to an absolute path");
});

test("an invalid HOME is ignored", () => {
  const listed = homeDirectory({});
  expect(homeDirectory({ HOME: "/x" })).toBe("/x");
  expect([homeDirectory({ HOME: "" }), homeDirectory({ HOME: "x" })]).toEqual([listed, listed]);
  expect(configPaths({ env: {}, home: undefined, cwd: "/" })).toEqual(["/etc/dask"]);
});

describe("without a writable home", () => {
  /** A path where nobody, root included, can create a directory. */
  const homeless = { HOME: "/dev/null/home" };
  const substitute = (): string => join(base, `dask-fleet-${process.getuid?.()}`);
  beforeEach(() => void vi.stubEnv("TMPDIR", base));

  test("records are stored in the user's own temporary directory, shared by all processes of the user", async () => {
    expect(stateRoot(homeless)).toBe(substitute());
    await makePrivateDirectory(stateRoot(homeless), "mine");
    expect(stateRoot(homeless)).toBe(substitute());
    expect(await stateStore(homeless).names()).toEqual({ names: ["mine"], refused: [] });
  });

  test.each([
    ["open", async () => await mkdir(substitute()).then(() => chmod(substitute(), 0o777))],
    ["a link to a directory", async () => await symlink(base, substitute())],
    ["a link to a device", async () => await symlink("/dev/null", substitute())],
  ])("a directory that others may have created is neither read nor written: %s", async (_, make) => {
    await make();
    const refused = { code: "STATE_UNTRUSTED", message: expect.stringContaining(`${substitute()} is not used: it is`) };
    await expect(makePrivateDirectory(substitute(), "mine")).rejects.toMatchObject(refused);
    await expect(stateStore(homeless).names()).rejects.toMatchObject(refused);
    await expect(stateStore(homeless).cluster("mine").readRecord()).rejects.toMatchObject(refused);
  });

  test("a directory that cannot be created is reported, with what to set", async () => {
    await expect(makePrivateDirectory("/dev/null/state", "mine")).rejects.toMatchObject({
      code: "STATE_UNWRITABLE",
      message: expect.stringMatching(/^The directory \/dev\/null\/state\/mine cannot be made \(E.*Set XDG_STATE_HOME/u),
    });
  });
});
