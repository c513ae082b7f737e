import { execFileSync } from "node:child_process";
import { chmod, chown, link, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FileStore } from "../../../src/state/file-store.ts";
import { newHolder } from "../../../src/state/holder.ts";
import { assertOurs } from "../../../src/state/not-ours.ts";

const isRoot = process.getuid?.() === 0;
const STRANGER = 12_345;

let base = "";
let store = new FileStore("/nonexistent");
const path = (...steps: readonly string[]): string => join(store.root, ...steps);
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-own-"));
  store = new FileStore(join(base, "dask-fleet"));
  for (const name of ["mine", "other"]) {
    const lease = await store.cluster(name).create({ version: 1, name }, await newHolder());
    lease?.stop();
  }
  await store.cluster("mine").writeSize(3);
});
afterEach(async () => await rm(base, { recursive: true, force: true }));

/** Refused in one sentence with the place and a remedy. */
function refused(...says: readonly string[]): object {
  const message = expect.stringMatching(new RegExp(`^${base}[^ ]* is not used: it .*${says.join(".*")}`, "su"));
  return { code: "STATE_UNTRUSTED", message };
}

async function replace(name: string, make: (path: string) => Promise<unknown>): Promise<void> {
  const place = path("mine", name);
  await rm(place, { recursive: true });
  await make(place);
}

describe("Attack by a hostile file: replacing one of ours", () => {
  test.each<readonly [string, string, (record: string) => Promise<unknown>]>([
    ["a link", "symbolic link", async (record) => await symlink(path("other", "record.json"), record)],
    ["a FIFO, without blocking", "FIFO", async (record) => execFileSync("mkfifo", [record])],
    ["a directory", "directory", async (record) => await mkdir(record)],
    ["an endless device", "symbolic link", async (record) => await symlink("/dev/zero", record)],
    [
      "a hard link to another file",
      "hard links",
      async (record) => {
        await writeFile(join(base, "file"), '{"version":1,"name":"mine"}', { mode: 0o600 });
        await link(join(base, "file"), record);
      },
    ],
    [
      "an oversized record",
      "is larger than",
      async (record) => await writeFile(record, Buffer.alloc(5e6), { mode: 0o600 }),
    ],
    [
      "the record of another",
      'another cluster, "other"',
      async (record) => await writeFile(record, await readFile(path("other", "record.json")), { mode: 0o600 }),
    ],
    [
      "a path as its name",
      "another cluster",
      async (record) => await writeFile(record, '{"version":1,"name":"../../other"}', { mode: 0o600 }),
    ],
  ])("%s", async (_, why, make) => {
    await replace("record.json", make);
    await expect(store.cluster("mine").readRecord()).rejects.toMatchObject(refused(why));
    await expect(store.cluster("other").readRecord()).resolves.toMatchObject({ name: "other" });
  });

  test.each([
    ["record.json", async () => await store.cluster("mine").readRecord()],
    ["workers", async () => await store.cluster("mine").readSize()],
    ["lead.1/holder.json", async () => await store.cluster("mine").leader()],
  ])("a file that others could have written: %s", async (name, read) => {
    await chmod(path("mine", name), 0o666);
    await expect(read()).rejects.toMatchObject(refused("mode 0666", "chmod 600"));
  });

  test("invalid text is reported as damaged, without its content", async () => {
    await writeFile(path("mine", "record.json"), '{"version":1,"name":"mine","key":"SECRET"');
    const error: unknown = await store
      .cluster("mine")
      .readRecord()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CLUSTER_NOT_FOUND", message: expect.not.stringContaining("SECRET") });
  });

  test.each(["../other", "other/../mine", "/etc", "", ".", "..", "Mine", "a", "mine\0x", "mi ne", "m".repeat(41)])(
    "an invalid name from outside never becomes a path: %j",
    (name) => {
      expect(() => store.cluster(name)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );
});

test("A group of workers has its own size, in a file beside the one that every version reads", async () => {
  const state = store.cluster("mine");
  await state.writeSize(5, "gpu");
  expect([await state.readSize(), await state.readSize("gpu"), await state.readSize("cpu")]).toEqual([3, 5, undefined]);
  expect((await readdir(path("mine"))).toSorted()).toEqual(["lead.1", "record.json", "workers", "workers.gpu"]);
  expect(await readFile(path("mine", "workers"), "utf8")).toBe("3\n");
  await expect(state.writeSize(1, "../other/workers")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await expect(state.readSize("a/b")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

describe("Attack by another user of the computer:", () => {
  test.each([
    ["the root", () => store.root, "chmod 700"],
    ["a cluster's directory", () => path("mine"), "chmod 700"],
  ])("%s that is open to others is neither read nor written", async (_, place, remedy) => {
    await chmod(place(), 0o777);
    const state = store.cluster("mine");
    for (const use of [
      () => state.readRecord(),
      () => state.writeSize(7),
      () => state.readSize(),
      () => state.takeLead(),
      () => state.makeDirectory("machines"),
    ]) {
      await expect(use()).rejects.toMatchObject(refused("mode 0777", remedy));
    }
    await chmod(place(), 0o700);
    expect([await state.readSize(), await readdir(path("mine"))]).toEqual([3, ["lead.1", "record.json", "workers"]]);
  });

  test.each([
    ["the root", () => store.root],
    ["a cluster's directory", () => path("mine")],
  ])("%s that is a link is neither followed nor removed", async (_, place) => {
    await rm(place(), { recursive: true });
    const elsewhere = join(base, "elsewhere");
    await mkdir(join(elsewhere, "mine"), { recursive: true, mode: 0o700 });
    await writeFile(join(elsewhere, "keep"), "");
    await symlink(elsewhere, place());
    const state = store.cluster("mine");
    const uses = [() => state.readRecord(), () => state.writeSize(7), () => state.makeDirectory("machines")];
    for (const use of uses) {
      await expect(use()).rejects.toMatchObject(refused("symbolic link"));
    }
    if (place() !== store.root) await expect(state.remove()).rejects.toMatchObject(refused("symbolic link"));
    expect((await readdir(elsewhere)).toSorted()).toEqual(["keep", "mine"]);
  });

  test("removing a cluster's directory removes no target of a link in it", async () => {
    const kept = join(base, "kept");
    await mkdir(kept);
    await writeFile(join(kept, "file"), "");
    await symlink(kept, path("mine", "machines"));
    await symlink(join(kept, "file"), path("mine", "file"));
    await store.cluster("mine").remove();
    expect([await readdir(kept), await readdir(store.root)]).toEqual([["file"], ["other"]]);
  });

  test("files of another owner are refused", async () => {
    const stat = await lstat(path("mine", "record.json"));
    const foreign = Object.assign(Object.create(Object.getPrototypeOf(stat)), stat, { uid: STRANGER });
    expect(() => assertOurs(path("mine"), foreign, "file")).toThrow(`belongs to another user (uid ${STRANGER}`);
  });

  test.runIf(isRoot)("directories and files of another owner are refused (needs root)", async () => {
    const state = store.cluster("mine");
    for (const place of [path("mine", "record.json"), path("mine"), store.root]) {
      await chown(place, STRANGER, STRANGER);
      await expect(state.readRecord()).rejects.toMatchObject(refused(`uid ${STRANGER}`));
    }
    await chown(store.root, 0, 0);
    await expect(state.remove()).rejects.toMatchObject(refused(`uid ${STRANGER}`));
    expect((await readdir(path("mine"))).toSorted()).toEqual(["lead.1", "record.json", "workers"]);
  });

  test("names skip refused entries, and list them", async () => {
    await chmod(path("mine"), 0o755);
    await symlink(path("other"), path("linked"));
    await writeFile(path("plain-file"), "");
    const { names, refused: sentences } = await store.names();
    const about = ["linked", "mine", "plain-file"].map((name) => expect.stringContaining(`${path(name)} is not used`));
    expect(names).toEqual(["other"]);
    expect(sentences.map(({ message }) => message)).toEqual(expect.arrayContaining(about));
  });
});
