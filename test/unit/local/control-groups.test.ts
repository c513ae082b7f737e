import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { controlGroupLimits } from "../../../providers/local/machines/control-groups.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "dask-fleet-groups-"));
});
afterEach(async () => await rm(root, { recursive: true, force: true }));

/** A computer's files as a process in it sees them. */
async function computer(files: Readonly<Record<string, string>>): Promise<ReturnType<typeof controlGroupLimits>> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), `${content}\n`);
  }
  return controlGroupLimits(root);
}

const UNIFIED = "31 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate";
const NONE = { processors: Infinity, memoryBytes: Infinity };

test("a systemd service has the lowest limit of its own group and its parents", async () => {
  const limits = await computer({
    "proc/self/cgroup": "0::/user.slice/app.service",
    "proc/self/mountinfo": UNIFIED,
    "sys/fs/cgroup/cpu.max": "1000 100000",
    "sys/fs/cgroup/user.slice/cpu.max": "150000 100000",
    "sys/fs/cgroup/user.slice/memory.max": "max",
    "sys/fs/cgroup/user.slice/memory.high": "8000000000",
    "sys/fs/cgroup/user.slice/app.service/cpu.max": "max 100000",
    "sys/fs/cgroup/user.slice/app.service/memory.max": "9000000000",
  });
  expect(limits).toEqual({ processors: 0.01, memoryBytes: 8_000_000_000 });
});

test("a container with its own namespace (docker run --cpus 2.5 --memory 4g)", async () => {
  const limits = await computer({
    "proc/self/cgroup": "0::/",
    "proc/self/mountinfo": UNIFIED,
    "sys/fs/cgroup/cpu.max": "250000 100000",
    "sys/fs/cgroup/memory.max": "4294967296",
    "sys/fs/cgroup/memory.high": "max",
  });
  expect(limits).toEqual({ processors: 2.5, memoryBytes: 4_294_967_296 });
});

const V1 = [
  "40 35 0:34 /docker/4f2 /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory",
  "41 35 0:35 /docker/4f2 /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:16 - cgroup cgroup rw,cpu,cpuacct",
].join("\n");

test("a cgroup v1 container, which sees its own subtree under the host's path", async () => {
  const limits = await computer({
    "proc/self/cgroup": "9:memory:/docker/4f2\n5:cpu,cpuacct:/docker/4f2\n1:name=systemd:/docker/4f2\n0::/",
    "proc/self/mountinfo": V1,
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
    "sys/fs/cgroup/memory/memory.stat": "cache 0\nhierarchical_memory_limit 2147483648\nhierarchical_memsw_limit 1",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
  });
  expect(limits).toEqual({ processors: 3, memoryBytes: 2_147_483_648 });
});

test("a group below a container's own, and a mount point with a blank", async () => {
  const limits = await computer({
    "proc/self/cgroup": "9:memory:/docker/4f2/job\n5:cpu,cpuacct:/elsewhere",
    "proc/self/mountinfo": V1.replaceAll("/sys/fs/cgroup/memory", String.raw`/my\040groups`),
    "my groups/memory.limit_in_bytes": "3000000000",
    "my groups/job/memory.limit_in_bytes": "1000000000",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
  });
  expect(limits).toEqual({ processors: Infinity, memoryBytes: 1_000_000_000 });
});

test.each([
  ["no limits", { "proc/self/cgroup": "0::/a", "proc/self/mountinfo": UNIFIED, "sys/fs/cgroup/a/memory.max": "max" }],
  ["groups without a mount", { "proc/self/cgroup": "0::/a", "proc/self/mountinfo": "" }],
  ["no /proc, as on macOS", {}],
  [
    "nonsense",
    { "proc/self/cgroup": "x\n0::\n:::", "proc/self/mountinfo": " - - \ncgroup2", "sys/fs/cgroup/cpu.max": "a b" },
  ],
])("%s set no limit", async (_, files) => {
  expect(await computer(files as Readonly<Record<string, string>>)).toEqual(NONE);
});
