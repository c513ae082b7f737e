import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { ownState } from "../../conformance/world.ts";
import { SimulatedEc2 } from "../../simulated/ec2/simulated-ec2.ts";
import { machineProcesses } from "../../support/local-state.ts";
import { daskPython } from "../../support/python.ts";

ownState();

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
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-ec2-"));
  try {
    await using cloud = await new SimulatedEc2({ boot: "process", directory, bootMs: 1000 }).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    // These machines are processes of this computer, which need no Docker.
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__RUNTIME", "native");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__PYTHON", daskPython());
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__BOOTSTRAP", "False");
    vi.stubEnv("DASK_CLOUDPROVIDER__EC2__POLL_INTERVAL_MS", "100");
    await using cluster = await new EC2Cluster({ nWorkers: 2 }).start();
    await writeFile(join(directory, "program.py"), PROGRAM);
    const answer = join(directory, "answer.txt");
    expect(await cluster.run(daskPython(), [join(directory, "program.py"), answer])).toBe(0);
    const workers = cloud.machines.filter(({ tags }) => tags["role"] === "worker").map(({ id }) => id);
    expect((await readFile(answer, "utf8")).trim().split(" ")).toEqual(["328350", ...workers.sort()]);
    await cluster.close();
    expect(cloud.leftovers(cluster.name)).toEqual([]);
    expect(cloud.violations).toEqual([]);
    expect(await machineProcesses(directory)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
