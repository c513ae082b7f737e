import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "node:tls";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { parseAddress } from "../../../src/dask/address.ts";
import { Security } from "../../../src/security/security.ts";
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

const HOUR_MS = 3_600_000;

/** The serial number that the scheduler shows in a new connection. */
async function shownBy(cluster: LocalCluster, security: Security): Promise<string | undefined> {
  const { ca, cert, key } = security.materialFor("client");
  const socket = connect({
    ...parseAddress(cluster.schedulerAddress),
    ca,
    cert,
    key,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(patient(10_000)) });
    return socket.getPeerX509Certificate()?.serialNumber;
  } finally {
    socket.destroy();
  }
}

/** The scheduler's agent knows when the cluster ends for want of a client. */
const HAS_SETTINGS = `
import sys
from distributed import Client
with Client() as client:
    ends = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.fleet_loader.agent.settings["ends"])
    assert ends["noClientSeconds"] == int(sys.argv[1]), ends
`;

async function killScheduler(cluster: LocalCluster): Promise<void> {
  const schedulers = (await processesOf(cluster)).filter(
    ({ command }) => command.includes("dask_scheduler") && !command.includes("bash"),
  );
  expect(schedulers).toHaveLength(1);
  for (const { pid } of schedulers) process.kill(pid, "SIGKILL");
}

test("A restarted scheduler is reported, its workers rejoin, and it has the agent, its settings and the newest certificate", async () => {
  // Half of their life was over a minute ago: they are renewed at once.
  const security = Security.temporary({ validForMs: 2 * HOUR_MS, now: new Date(Date.now() - HOUR_MS - 60_000) });
  const first = Security.fromRecord(security.toRecord());
  await using cluster = new LocalCluster({
    ...NO_DASHBOARD,
    nWorkers: 2,
    security,
    noClientTimeoutMs: HOUR_MS,
    python: await restartingPython(),
    lostWorkerTimeoutMs: patient(5000),
  });
  const told = new Told(cluster);
  await cluster.start();
  const work = cluster
    .run(daskPython(), ["-c", KEEPS_A_RESULT, directory()], { stdio: "ignore" })
    .catch((error: unknown) => error);
  await Promise.race([line(join(directory(), "there")), work]);
  const module = join(directory(), "mine.py");
  await writeFile(module, "def double(value):\n    return 2 * value\n");
  await cluster.upload([module]);
  expect(await cluster.call("mine:double", [21])).toBe(42);
  const job = await cluster.submit({ module: "this" });
  expect(await job.done).toMatchObject({ exitCode: 0 });
  await until("the renewal", () => security.notAfter > first.notAfter);
  const renewed = new X509Certificate(security.certificates().scheduler).serialNumber;
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
  // Uploaded code goes there again, with the first call.
  expect(await cluster.call("mine:double", [4])).toBe(8);
  expect(await cluster.jobs()).toEqual([]);
  await expect(cluster.job(job.id)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  expect(await cluster.metrics()).toContain("dask_scheduler_workers");
  expect(await cluster.run(daskPython(), ["-c", HAS_SETTINGS, String(HOUR_MS / 1000)])).toBe(0);
  await until("the renewed certificate", async () => (await shownBy(cluster, first)) === renewed);
  expect(cluster.describe()).toMatch(/the scheduler was restarted at .* are lost/u);
  expect([cluster.state, cluster.closedBecause]).toEqual(["running", undefined]);
  expect(
    await cluster.run(daskPython(), [
      "-c",
      "from distributed import Client; assert Client().submit(pow, 2, 10).result() == 1024",
    ]),
  ).toBe(0);
});
