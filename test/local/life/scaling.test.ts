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

test("A started cluster computes, scales up and down, and closes", async () => {
  await using cluster = await new LocalCluster({ nWorkers: 1 }).start();
  expect(cluster.schedulerAddress).toMatch(/^tls:\/\/127\./);
  const script = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
  expect(await cluster.run("python", ["-c", script], { stdio: "ignore" })).toBe(0);
  await cluster.scale(2);
  expect(await cluster.workers()).toHaveLength(2);
  await cluster.scale(0);
  expect(await cluster.workers()).toHaveLength(0);
  expect((await cluster.machines()).map(({ role }) => role)).toEqual(["scheduler"]);
});

/** Spreads results that cannot be recomputed, scales down, and fetches every one of them. */
const KEEPER = `
import sys, time, uuid
from pathlib import Path
from distributed import Client

folder = Path(sys.argv[1])
client = Client()
workers = list(client.scheduler_info()["workers"])
assert len(workers) == 3, workers
scattered = [client.scatter([uuid.uuid4().hex for _ in range(5)], workers=[each]) for each in workers]
scattered = [future for each in scattered for future in each]
computed = [
    client.submit(lambda _: uuid.uuid4().hex, (worker, number), workers=[worker], allow_other_workers=True, pure=False)
    for worker in workers
    for number in range(5)
]
before = client.gather(scattered + computed)
assert {owner for owners in client.who_has().values() for owner in owners} == set(workers)
(folder / "spread").write_text("spread\\n")
while not (folder / "shrunk").exists():
    time.sleep(0.05)
left = list(client.scheduler_info()["workers"])
assert len(left) == 1 and left[0] in workers, left
assert client.gather(scattered + computed) == before
`;

test("Results survive the retirement of their workers: scaling from 3 to 1 loses none", async () => {
  await using cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 3 }).start();
  const keeper = cluster.run("python", ["-c", KEEPER, directory()], { stdio: ["ignore", "ignore", "inherit"] });
  await Promise.race([line(join(directory(), "spread")), keeper]);
  await cluster.scale(1);
  await writeFile(join(directory(), "shrunk"), "");
  expect(await keeper).toBe(0);
});
