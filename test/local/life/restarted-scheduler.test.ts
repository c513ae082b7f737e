import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { patient } from "../../support/patience.ts";
import { daskPython } from "../../support/python.ts";
import { line, until } from "../../support/until.ts";
import { processesOf } from "./machine-processes.ts";
import { temporaryDirectory } from "./temporary-directory.ts";
import { Told } from "./told.ts";

isolatedState();
const directory = temporaryDirectory();

/** A Python that restarts its scheduler when it is killed, as systemd or Docker does on a cloud machine. */
async function restartingPython(): Promise<string> {
  const path = join(directory(), "python");
  const script = `#!/bin/bash
if [[ $1 == -c ]]; then
  answer=$('${daskPython()}' "$@")
  printf 'dask-fleet-python:["%s",%s\\n' "$0" "\${answer#*,}"
  exit
fi
if [[ "$*" != *dask_scheduler* ]]; then exec '${daskPython()}' "$@"; fi
while :; do
  '${daskPython()}' "$@" &
  child=$!
  trap 'kill -TERM "$child"' TERM
  wait "$child"
  status=$?
  if [[ $status != 137 ]]; then wait "$child"; exit "$status"; fi
done
`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

/** Holds a result on the cluster, reports it, and fetches it on request. */
const KEEPS_A_RESULT = `
import pathlib, sys, time
from distributed import Client
client = Client()
folder = pathlib.Path(sys.argv[1])
future = client.submit(pow, 2, 10)
future.result()
(folder / "there").write_text("there\\n")
while not (folder / "go").exists():
    time.sleep(0.05)
future.result(timeout=60)
`;

async function killScheduler(cluster: LocalCluster): Promise<void> {
  const schedulers = (await processesOf(cluster)).filter(
    ({ command }) => command.includes("dask_scheduler") && !command.includes("bash"),
  );
  expect(schedulers).toHaveLength(1);
  for (const { pid } of schedulers) process.kill(pid, "SIGKILL");
}

test("A restarted scheduler is reported, and its workers rejoin", async () => {
  await using cluster = new LocalCluster({
    ...NO_DASHBOARD,
    nWorkers: 2,
    python: await restartingPython(),
    lostWorkerTimeoutMs: patient(5000),
  });
  const told = new Told(cluster);
  await cluster.start();
  const work = cluster
    .run(daskPython(), ["-c", KEEPS_A_RESULT, directory()], { stdio: "ignore" })
    .catch((error: unknown) => error);
  await Promise.race([line(join(directory(), "there")), work]);
  await killScheduler(cluster);
  const RESTARTED = /The scheduler was restarted at 20\d\d-.*Z: tasks and results in its memory are lost\./u;
  await until(
    "the restart to be told",
    () => told.warnings.some((warning) => RESTARTED.test(warning)),
    60_000,
    () => `${cluster.describe()}\n${JSON.stringify(told.events.slice(-12))}`,
  );
  await writeFile(join(directory(), "go"), "");
  expect(await work).toMatchObject({ code: "COMMAND_FAILED", message: expect.stringMatching(RESTARTED) });
  await until("the workers to be back", async () => (await cluster.workers()).length === 2);
  await until("the size", () => cluster.describe().includes("2 of 2 workers joined"));
  expect(cluster.describe()).toMatch(/the scheduler was restarted at .* are lost/u);
  expect([cluster.state, cluster.closedBecause]).toEqual(["running", undefined]);
  expect(
    await cluster.run(daskPython(), [
      "-c",
      "from distributed import Client; assert Client().submit(pow, 2, 10).result() == 1024",
    ]),
  ).toBe(0);
});
