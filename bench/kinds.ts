// On real Dask: plain tasks on GPU workers without and with a remedy, and the time from a first task for a group to its machine asked for:
// node bench/kinds.ts
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { LocalCluster } from "../providers/local/index.ts";

const PLACES = `
import os, sys, time
import dask
from collections import Counter
from distributed import Client, get_worker

def where(number):
    time.sleep(0.05)
    return "gpu" if "GPU" in get_worker().state.total_resources else "cpu"

client = Client()
client.wait_for_workers(4)
for name, annotations in ("without", {}), ("with", {"resources": {"CPU": 1}}):
    with dask.annotate(**annotations):
        delayed = [dask.delayed(where, pure=False)(number) for number in range(400)]
    places = Counter(client.gather(client.compute(delayed, optimize_graph=False)))
    print(f"plain tasks {name} a resource for CPU workers: {places['gpu']} of 400 on GPU workers, {places['cpu']} on others", flush=True)
`;

const FIRST = `
import time
from distributed import Client
client = Client()
time.sleep(3)
print("submitted", time.time(), flush=True)
client.submit(lambda: 1, resources={"GPU": 1}).result()
`;

const workerOptions = { nthreads: 2, dashboard: false };
const cpu = { maximum: 4, resources: { CPU: 2 }, workerOptions };
const gpu = { maximum: 4, resources: { GPU: 1 }, workerOptions };

async function output(cluster: LocalCluster, script: string): Promise<string> {
  const env = { ...process.env, ...cluster.clientEnv() };
  const { stdout } = await promisify(execFile)(process.env["DASK_FLEET_PYTHON"] ?? "python3", ["-c", script], { env });
  return stdout.trim();
}

{
  await using cluster = await new LocalCluster({
    workers: { cpu: { ...cpu, count: 2 }, gpu: { ...gpu, count: 2 } },
  }).start();
  console.log(await output(cluster, PLACES));
}
for (let nth = 0; nth < 3; nth += 1) {
  await using cluster = await new LocalCluster({ workers: { cpu, gpu } }).start();
  await cluster.adapt();
  let askedAt = 0;
  cluster.onProgress((event) => {
    if (event.type === "target" && event.group === "gpu" && event.workers > 0 && askedAt === 0) askedAt = Date.now();
  });
  const [, submittedAt] = /submitted ([\d.]+)/u.exec(await output(cluster, FIRST)) ?? [];
  console.log(`first task for a GPU to its machine asked for: ${(askedAt / 1000 - Number(submittedAt)).toFixed(2)} s`);
}
