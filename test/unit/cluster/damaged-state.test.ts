import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

ownStateDirectory();
const isRoot = process.getuid?.() === 0;

async function started(cloud: FakeCloud): Promise<{ cluster: FakeCluster; warnings: readonly string[] }> {
  const cluster = new FakeCluster({ cloud, name: "mine", nWorkers: 2 });
  const warnings: string[] = [];
  cluster.onProgress((event) => void (event.type === "warning" && warnings.push(event.message)));
  await cluster.start();
  return { cluster, warnings };
}

describe("Attack by a hostile file: damaged state of a running cluster does not prevent its tear-down", () => {
  test.each<readonly [string, (directory: string) => Promise<unknown>]>([
    ["a damaged record", async (directory) => await writeFile(join(directory, "record.json"), '{"version"')],
    ["a record writable by others", async (directory) => await chmod(join(directory, "record.json"), 0o666)],
    [
      "a record of another",
      async (directory) => await writeFile(join(directory, "record.json"), '{"version":1,"name":"other"}'),
    ],
    ["a damaged lease", async (directory) => await writeFile(join(directory, "lead.1/holder.json"), "?")],
    [
      "a lease that is a FIFO",
      async (directory) => {
        await rm(join(directory, "lead.1/holder.json"));
        execFileSync("mkfifo", ["-m", "600", join(directory, "lead.1/holder.json")]);
      },
    ],
    [
      "a size that is a FIFO",
      async (directory) => {
        await rm(join(directory, "workers"));
        execFileSync("mkfifo", ["-m", "600", join(directory, "workers")]);
      },
    ],
    ["a directory readable by others", async (directory) => await chmod(directory, 0o777)],
    ["a missing directory", async (directory) => await rm(directory, { recursive: true })],
  ])("%s", async (_, damage) => {
    await using cloud = await FakeCloud.open();
    const { cluster } = await started(cloud);
    await damage(cluster.stateDirectory);
    const looks = cloud.calls.length;
    // While all is well, the cloud is hardly asked.
    for (const { id } of cloud.workers) cloud.dask.leave(id);
    await until("several looks", () => cloud.calls.length > looks + 1);
    await cluster.close();
    expect([cloud.empty, cluster.state, await stat(cluster.stateDirectory).catch(() => "gone")]).toEqual([
      true,
      "closed",
      "gone",
    ]);
  });

  test("a directory replaced by a link: the machines go, the link is reported, and its target stays", async () => {
    await using cloud = await FakeCloud.open();
    const { cluster, warnings } = await started(cloud);
    const elsewhere = await mkdtemp(join(tmpdir(), "dask-fleet-elsewhere-"));
    await rename(cluster.stateDirectory, join(elsewhere, "moved"));
    await symlink(join(elsewhere, "moved"), cluster.stateDirectory);
    await cluster.close();
    expect([cloud.empty, cluster.state, (await readdir(join(elsewhere, "moved"))).includes("record.json")]).toEqual([
      true,
      "closed",
      true,
    ]);
    expect(warnings).toContainEqual(
      expect.stringMatching(/mine is not used: it is a symbolic link and no directory\./u),
    );
    await rm(elsewhere, { recursive: true });
  });
});

test("A list skips refused records and warns of each", async () => {
  await using cloud = await FakeCloud.open();
  await using mine = await new FakeCluster({ cloud, name: "mine" }).start();
  await using open = await new FakeCluster({ cloud, name: "open" }).start();
  await chmod(join(open.stateDirectory, "record.json"), 0o644);
  const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
  const listed = await FakeCluster.list({ cloud });
  // Its tags still identify it.
  expect(listed.map(({ name, recorded }) => [name, !recorded])).toEqual([
    [mine.name, false],
    ["open", true],
  ]);
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    expect.stringMatching(/open\/record\.json is not used: it is open to others/u),
  ]);
});

test("remove() refuses an implausible record with the reason, and deletes nothing", async () => {
  await using cloud = await FakeCloud.open();
  await using mine = await new FakeCluster({ cloud, name: "mine" }).start();
  await chmod(join(mine.stateDirectory, "record.json"), 0o666);
  await expect(FakeCluster.remove("mine", { cloud })).rejects.toMatchObject({ code: "STATE_UNTRUSTED" });
  await expect(FakeCluster.remove("../mine", { cloud })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  expect(cloud.tagged("mine")).toHaveLength(2);
});

test("A start without writable state fails before anything is created", async () => {
  await using cloud = await FakeCloud.open();
  vi.stubEnv("XDG_STATE_HOME", "/dev/null/state");
  await expect(new FakeCluster({ cloud, name: "mine" }).start()).rejects.toMatchObject({
    code: "STATE_UNWRITABLE",
    message: expect.stringContaining("Set XDG_STATE_HOME"),
  });
  expect([cloud.tokens, cloud.empty]).toEqual([[], true]);
});

describe.runIf(isRoot)("On a disk of 64 kB (needs root)", () => {
  async function onSmallDisk(work: (disk: string) => Promise<void>): Promise<void> {
    const disk = await mkdtemp(join(tmpdir(), "dask-fleet-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
    try {
      vi.stubEnv("XDG_STATE_HOME", disk);
      await work(disk);
    } finally {
      execFileSync("umount", ["--lazy", disk]);
      await rm(disk, { recursive: true });
    }
  }

  async function fill(disk: string): Promise<void> {
    await writeFile(join(disk, "ballast"), Buffer.alloc(1024 * 1024)).catch(() => undefined);
  }

  test("a start on a full disk creates nothing, leaves nothing, and says what to do", async () => {
    await using cloud = await FakeCloud.open();
    await onSmallDisk(async (disk) => {
      await mkdir(join(disk, "dask-fleet"), { mode: 0o700 });
      await fill(disk);
      await expect(new FakeCluster({ cloud, name: "mine" }).start()).rejects.toMatchObject({
        code: "STATE_UNWRITABLE",
        message: expect.stringMatching(/ENOSPC.*The disk is full: free some space/su),
      });
      expect([cloud.tokens, cloud.empty, await readdir(join(disk, "dask-fleet"))]).toEqual([[], true, []]);
    });
  });

  test("a resize while the disk is full is refused, and the cluster closes", async () => {
    await using cloud = await FakeCloud.open();
    await onSmallDisk(async (disk) => {
      const { cluster } = await started(cloud);
      await fill(disk);
      await expect(cluster.scale(1)).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
      await cluster.close();
      expect([cloud.empty, await readdir(join(disk, "dask-fleet"))]).toEqual([true, []]);
    });
  });

  test("a read-only disk does not stop machines from being deleted, and the remaining files are reported", async () => {
    await using cloud = await FakeCloud.open();
    await onSmallDisk(async (disk) => {
      const { cluster, warnings } = await started(cloud);
      execFileSync("mount", ["-o", "remount,ro", disk]);
      await cluster.close();
      expect([cloud.empty, cluster.state]).toEqual([true, "closed"]);
      expect(warnings).toContainEqual(expect.stringMatching(/mine cannot be written \(EROFS.*can only be read/u));
    });
  });
});
