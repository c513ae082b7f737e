import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** Tasks for each kind of workers and for none, which stay until a file appears. */
const KINDS = `
import sys, time
from pathlib import Path
from distributed import Client, wait

folder = Path(sys.argv[1])

def work(number):
    while not (folder / "enough").exists():
        time.sleep(0.05)
    return number

def predict(number):
    return number

client = Client()
never = client.submit(predict, 1, resources={"TPU": 1}, pure=False)
plain = client.map(work, range(1), pure=False)
gpu = client.map(work, range(5), pure=False, resources={"GPU": 1})
big = client.map(work, range(1), pure=False, resources={"MEMORY": 60})
wait(plain + gpu + big)
print(sum(client.gather(plain + gpu + big)))
`;

test("Each of three groups follows the tasks for it, and returns to its minimum; what none can run buys nothing", async () => {
  const { workerOptions, ...options } = NO_DASHBOARD;
  await using cluster = await new LocalCluster({
    ...options,
    workerOptions: { ...workerOptions, nthreads: 1 },
    workers: {
      cpu: { minimum: 0, maximum: 2 },
      gpu: { maximum: 2, resources: { GPU: 1 } },
      big: { maximum: 2, resources: { MEMORY: 100 } },
    },
  }).start();
  const told = new Told(cluster);
  const sizes = async (): Promise<Readonly<Record<string, number>>> => {
    const workers = (await cluster.machines()).filter(({ role }) => role === "worker");
    const of = (group: string): number => workers.filter((machine) => machine.group === group).length;
    return { cpu: of("cpu"), gpu: of("gpu"), big: of("big") };
  };
  let [most, looks] = [{ cpu: 0, gpu: 0, big: 0 } as Readonly<Record<string, number>>, 0];
  const look = async (): Promise<Readonly<Record<string, number>>> => {
    const now = await sizes();
    most = Object.fromEntries(Object.entries(now).map(([name, size]) => [name, Math.max(size, most[name] ?? 0)]));
    looks += 1;
    return now;
  };
  await cluster.adapt({ intervalMs: 100, waitCount: 3 });
  const work = cluster.run("python", ["-c", KINDS, directory()], { stdio: ["ignore", "ignore", "inherit"] });
  const wanted = { cpu: 1, gpu: 2, big: 1 };
  await until("workers of each kind", async () => JSON.stringify(await look()) === JSON.stringify(wanted));
  await until("them to join", async () => (await cluster.workers()).length === 4);
  await writeFile(join(directory(), "enough"), "");
  expect(await work).toBe(0);
  await until("no worker", async () => Object.values(await look()).every((size) => size === 0));
  expect([most, looks > 2]).toEqual([wanted, true]);
  expect(told.warnings).toEqual([expect.stringContaining("1 task (predict): each needs TPU=1")]);
});
