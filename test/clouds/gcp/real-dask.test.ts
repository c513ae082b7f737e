import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { isolatedState, machineProcesses } from "../../support/local-state.ts";
import { daskPython } from "../../support/python.ts";
import { TestProject } from "./project.ts";

isolatedState();

const PROGRAM = `
import sys
from distributed import Client
with Client(timeout=30) as client:
    assert client.scheduler.address.startswith("tls://"), client.scheduler.address
    client.wait_for_workers(2, timeout=30)
    total = client.submit(sum, client.map(lambda x: x * x, range(100))).result(timeout=30)
    names = client.run(lambda dask_worker: dask_worker.name)
    print(total, *sorted(names.values()), file=open(sys.argv[1], "w"))
`;

test("real Dask on simulated machines: Client() computes over TLS, and nothing is left", async () => {
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-gcp-"));
  try {
    await using project = await TestProject.open({ boot: "process", directory, bootMs: 1000 });
    const { cloud } = project;
    // These machines are processes of this computer, which need no Docker.
    const native = { runtime: "native", python: daskPython(), bootstrap: false } as const;
    const cluster = await project.cluster({ nWorkers: 2, pollIntervalMs: 100, listLagMs: 1000, ...native }).start();
    await writeFile(join(directory, "program.py"), PROGRAM);
    const answer = join(directory, "answer.txt");
    expect(await cluster.run(daskPython(), [join(directory, "program.py"), answer])).toBe(0);
    const workers = cloud.machines.filter(({ labels }) => labels["role"] === "worker").map(({ name }) => name);
    expect((await readFile(answer, "utf8")).trim().split(" ")).toEqual(["328350", ...workers.sort()]);
    await cluster.close();
    expect(cloud.leftovers(cluster.name)).toEqual([]);
    expect(cloud.violations).toEqual([]);
    expect(await machineProcesses(directory)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
