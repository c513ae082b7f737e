import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { FakeDask } from "../../packages/simulated-clouds/src/boot/fake-dask.ts";
import { until } from "../support/until.ts";
import { BOXES, ToyCluster } from "./toy-provider/toy-cluster.ts";
import type { ToyCloud } from "./toy-provider/toy-provider.ts";

let base = "";
let dask: FakeDask;
let cloud: ToyCloud;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "dask-fleet-toy-"));
  process.env["XDG_STATE_HOME"] = base;
  dask = await FakeDask.start();
  cloud = {
    machines: new Map(),
    schedulerPort: dask.port,
    room: 4,
    power: ({ id, role }, on) => {
      if (role !== "worker") return;
      if (on) dask.join(id);
      else dask.leave(id);
    },
  };
  BOXES.set("here", cloud);
});
afterEach(async () => {
  await dask[Symbol.asyncDispose]();
  delete process.env["XDG_STATE_HOME"];
  await rm(base, { recursive: true, force: true });
});

const HERE = { box: "here" } as const;
const QUICK = { ...HERE, security: false, closeOnExit: false, startTimeoutMs: 10_000, closeTimeoutMs: 5000 } as const;

async function left(): Promise<readonly unknown[]> {
  return [cloud.machines.size, await readdir(join(base, "dask-fleet")).catch(() => [])];
}

describe("A provider in a package of its own, which imports only dask-fleet,", () => {
  test("starts, scales and closes a cluster", async () => {
    const cluster = await new ToyCluster({ ...QUICK, nWorkers: 2 }).start();
    expect((await cluster.workers()).map(({ machineId }) => machineId)).toEqual(
      [...cloud.machines.keys()].filter((id) => id.includes("worker")),
    );
    await cluster.scale(3);
    await expect(cluster.scale(4, { timeoutMs: 500 })).rejects.toThrow("The toy box is full.");
    await cluster.close();
    expect(await left()).toEqual([0, []]);
  });

  test("replaces a lost machine", async () => {
    await using cluster = await new ToyCluster({ ...QUICK, nWorkers: 1, lostWorkerTimeoutMs: 50 }).start();
    const [lost] = await cluster.workers();
    cloud.machines.delete(lost?.machineId ?? "");
    dask.leave(lost?.name ?? "");
    await until("another worker", () => dask.workers.size === 1, 20_000);
    expect([...dask.workers.keys()]).not.toContain(lost?.name);
  });

  test("lists its clusters, attaches to one and removes one by name, from another process too", async () => {
    const cluster = await new ToyCluster({ ...QUICK, name: "blocks", nWorkers: 1 }).start();
    await cluster.detach();
    const [listed, ...others] = await ToyCluster.list(HERE);
    expect([listed?.name, listed?.id, listed?.provider, listed?.resources.length, others]).toEqual([
      "blocks",
      cluster.id,
      "toy",
      2,
      [],
    ]);
    const handle = await ToyCluster.attach("blocks");
    expect(await handle.workers()).toHaveLength(1);
    await handle.detach();
    // As on another computer.
    await rm(join(base, "dask-fleet", "blocks"), { recursive: true });
    await ToyCluster.remove("blocks", HERE);
    expect(await left()).toEqual([0, []]);
    await expect(ToyCluster.remove("blocks", HERE)).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  });

  test("sweeps expired clusters and nothing else", async () => {
    const over = await new ToyCluster({ ...QUICK, name: "over", maxLifetimeMs: 1000 }).start();
    const kept = await new ToyCluster({ ...QUICK, name: "kept", maxLifetimeMs: 60_000 }).start();
    await Promise.all([over.detach(), kept.detach()]);
    await until("the sweep of what is over", async () => (await ToyCluster.sweep(HERE)).includes("over"), 20_000);
    expect((await ToyCluster.list(HERE)).map(({ name }) => name)).toEqual(["kept"]);
    await ToyCluster.remove("kept");
    expect(await left()).toEqual([0, []]);
  });
});
