import { expect, test } from "vitest";

import { ownState, World } from "../../conformance/world.ts";
import { EC2 } from "../clouds/all.ts";
import { labImage } from "../lab/lab-image.ts";
import { labAddresses } from "../lab/lab.ts";
import { PythonClient } from "../lab/python-client.ts";
import { COMPUTE } from "../programs.ts";
import { VmLab } from "./vm-lab.ts";

ownState();

test("full virtual machines boot into a cluster on EC2", async () => {
  await using lab = await VmLab.open(EC2.disguise());
  await using python = await PythonClient.open(labImage().root);
  await using world = await World.open(EC2.provider, { boot: lab, addresses: labAddresses(), bootMs: 1000 });
  const cluster = world.cluster({ nWorkers: 1, runtime: "native", pollIntervalMs: 500, startTimeoutMs: 300_000 });
  try {
    await cluster.start();
  } catch (error) {
    for (const machine of lab.machines) process.stderr.write(`${await machine.console()}\n`);
    throw error;
  }
  const names = world.workers.map(({ nodeName }) => nodeName);
  expect((await python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
  for (const machine of lab.machines) {
    const console = await machine.console();
    expect(console).toContain("Linux version");
    expect(console).toContain("Datasource DataSourceEc2Local");
    expect(console).toMatch(/dask-node\[\d+\]: dask-fleet: starting the (?:scheduler|worker)/u);
  }
  await cluster.close();
  expect(await world.end()).toEqual({ violations: [], left: [], files: [] });
});
