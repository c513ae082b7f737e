import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { line } from "../../support/until.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

isolatedState();
const directory = temporaryDirectory();

/** Has results that cannot be recomputed on workers of both groups, and a task that computes on while a group goes. */
const KEEPER = `
import sys, time, uuid
from pathlib import Path
from distributed import Client

folder = Path(sys.argv[1])
client = Client()

def told(name):
    while not (folder / name).exists():
        time.sleep(0.05)

def compute():
    with (folder / "begun").open("a") as begun:
        begun.write("begun\\n")
    told("no gpu")
    return uuid.uuid4().hex

def without_gpu():
    return [address for address, worker in client.scheduler_info()["workers"].items() if not worker["resources"]]

cpus = without_gpu()
assert len(cpus) == 2, cpus
futures = [future for cpu in cpus for future in client.scatter([uuid.uuid4().hex for _ in range(5)], workers=[cpu])]
futures += client.map(lambda _: uuid.uuid4().hex, range(5), resources={"GPU": 1}, pure=False)
before = client.gather(futures)
(folder / "spread").write_text("spread\\n")
told("one cpu")
computing = client.submit(compute, workers=without_gpu())
told("no gpu")
assert client.gather(futures) == before
assert len(computing.result()) == 32
assert (folder / "begun").read_text() == "begun\\n"
`;

test("A group scales down by its own workers, though Dask would rather retire others; to 0 while another computes, nothing is lost", async () => {
  await using cluster = await new LocalCluster({
    ...NO_DASHBOARD,
    workerOptions: { ...NO_DASHBOARD.workerOptions, nthreads: 1 },
    workers: { cpu: { count: 2 }, gpu: { count: 1, resources: { GPU: 1 } } },
  }).start();
  const idsOf = async (group: string): Promise<readonly string[]> =>
    (await cluster.machines()).filter((machine) => machine.group === group).map(({ id }) => id);
  const gpu = await idsOf("gpu");
  const keeper = cluster.run("python", ["-c", KEEPER, directory()], { stdio: ["ignore", "ignore", "inherit"] });
  await Promise.race([line(join(directory(), "spread")), keeper]);
  await cluster.scale({ cpu: 1 });
  const cpu = await idsOf("cpu");
  expect([cpu.length, await idsOf("gpu")]).toEqual([1, gpu]);
  await writeFile(join(directory(), "one cpu"), "");
  await Promise.race([line(join(directory(), "begun")), keeper]);
  await cluster.scale({ gpu: 0 });
  expect([await idsOf("cpu"), await idsOf("gpu")]).toEqual([cpu, []]);
  await writeFile(join(directory(), "no gpu"), "");
  expect(await keeper).toBe(0);
  expect((await cluster.workers()).map(({ group }) => group)).toEqual(["cpu"]);
});
