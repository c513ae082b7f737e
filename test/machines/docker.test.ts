import { expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { HOSTILE } from "../unit/machine/bash.ts";
import { EC2 } from "./clouds/all.ts";
import { noteStart } from "./figures.ts";
import { COMPUTE, LOOK } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

const hostile = Object.fromEntries(HOSTILE.map((value, i) => [`HOSTILE_${i}`, value]));

ownState();

test("in docker mode Dask runs in a container of the image that was named, with the user's variables to the letter", async () => {
  await using real = await RealWorld.open(EC2);
  const cluster = real.cluster({
    nWorkers: 1,
    runtime: "docker",
    dockerImage: "localhost/dask-fleet-lab:1",
    python: "python3",
    envVars: hostile,
  });
  const startedAt = Date.now();
  await cluster.start();
  const readyAt = Date.now();
  await noteStart("EC2, docker mode", startedAt, readyAt, real.scheduler, real.workers);
  const names = real.world.workers.map(({ nodeName }) => nodeName);
  expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);
  expect(JSON.parse(await real.python.run(cluster, LOOK))).toEqual([hostile, hostile]);
  for (const machine of [real.scheduler, ...real.workers]) {
    expect(await machine.sh("docker ps --format '{{.Names}} {{.Image}}'")).toBe("dask-node localhost/dask-fleet-lab:1");
    expect(await machine.sh("systemctl --failed --no-legend; cloud-init status")).toBe("status: done");
  }
  await cluster.close();
  expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
});
