import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { runLocalProgram } from "../../support/run-local-program.ts";
import { until } from "../../support/until.ts";

isolatedState();

const GIB = 1024 ** 3;
const NAME = `dask-fleet-test-${process.pid}`;

/** The files that give a group three quarters of a processor and 3 GiB, in the hierarchies that this computer has. */
async function limits(): Promise<Readonly<Record<string, string>>> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" "));
  const v1 = (controller: string): string | undefined =>
    mounts.find(([, , type, options]) => type === "cgroup" && options?.split(",").includes(controller))?.[1];
  const [cpu, memory] = [v1("cpu"), v1("memory")];
  const unified = mounts.find(([, , type]) => type === "cgroup2")?.[1] ?? "";
  return {
    ...(cpu === undefined
      ? { [join(unified, NAME, "cpu.max")]: "75000 100000" }
      : { [join(cpu, NAME, "cpu.cfs_quota_us")]: "75000" }),
    ...(memory === undefined
      ? { [join(unified, NAME, "memory.max")]: String(3 * GIB) }
      : { [join(memory, NAME, "memory.limit_in_bytes")]: String(3 * GIB) }),
  };
}

test("A worker respects the limits of a parent control group", async () => {
  const files = await limits();
  const inner = [...new Set(Object.keys(files).map((file) => join(dirname(file), "inner")))];
  try {
    for (const [file, limit] of Object.entries(files)) {
      await mkdir(join(dirname(file), "inner"), { recursive: true });
      await writeFile(file, limit);
    }
    const enter = `for group in ${inner.join(" ")}; do echo $$ >"$group/cgroup.procs" || exit; done; exec "$@"`;
    const { workers } = await runLocalProgram({
      place: ["bash", "-c", enter, "enter"],
      options: { nWorkers: 1 },
    });
    expect(workers).toEqual([expect.objectContaining({ nthreads: 1, memoryLimit: (3 * GIB * 7) / 8 })]);
  } finally {
    for (const group of inner) {
      await until(
        `${group} to be empty`,
        async () => (await readFile(join(group, "cgroup.procs"), "utf8")) === "",
        10_000,
      );
      await rmdir(group);
      await rmdir(dirname(group));
    }
  }
});
