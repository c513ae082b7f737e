import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { HOSTILE } from "../unit/bootstrap/bash.ts";
import { EC2 } from "./clouds/all.ts";
import { noteStart } from "./figures.ts";
import { labImage } from "./lab/lab-image.ts";
import { Upstream } from "./lab/upstream.ts";
import { COMPUTE, LOOK } from "./programs.ts";
import { RealWorld } from "./real-world.ts";

const hostile = Object.fromEntries(HOSTILE.map((value, i) => [`HOSTILE_${i}`, value]));

/** The image's digest, as the registry reports it to a user who pins it. */
async function digest(): Promise<string> {
  const names = await readdir(join(labImage().upstream, "registry.lab/v2/dask/manifests"));
  return names.find((name) => name.startsWith("sha256:")) ?? "";
}

ownState();

test(
  "in docker mode a machine installs Docker, pulls the image by digest and runs Dask in it with the user's exact variables",
  { timeout: 240_000 },
  async () => {
    await using real = await RealWorld.open(EC2);
    await using upstream = await Upstream.open(labImage().upstream);
    const pinned = await digest();
    const cluster = real.cluster({
      nWorkers: 1,
      runtime: "docker",
      bootstrap: true,
      dockerImage: `registry.lab/dask:1@${pinned}`,
      startTimeoutMs: 150_000,
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
      const { privateAddress } = machine.input;
      expect(upstream.log).toContain(`${privateAddress} GET registry.lab/v2/dask/manifests/${pinned} 200`);
      expect(await machine.sh("docker version --format '{{.Server.Version}}'")).toMatch(/^\d+\.\d+/u);
      expect(await machine.sh("docker inspect --format '{{.Config.Image}}' dask-node")).toBe(
        `registry.lab/dask@${pinned}`,
      );
      expect(await machine.sh("systemctl --failed --no-legend; cloud-init status")).toBe("status: done");
    }
    await cluster.close();
    expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
  },
);
