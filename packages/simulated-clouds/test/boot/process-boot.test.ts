import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { NodeSpec } from "../../../../src/bootstrap/node-spec.ts";
import { SchedulerClient } from "../../../../src/dask/scheduler-client.ts";
import { machineProcesses } from "../../../../test/support/local-state.ts";
import { patient } from "../../../../test/support/patience.ts";
import { daskPython } from "../../../../test/support/python.ts";
import { until } from "../../../../test/support/until.ts";
import type { SimMachine } from "../../src/core/machine.ts";
import { make } from "../core/toy-client.ts";
import { ToyCloud } from "../core/toy-cloud.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";
import { consoleOf } from "./paper-cluster.ts";

const NATIVE: Partial<NodeSpec> = { runtime: "native", python: daskPython(), bootstrap: false };

let directory: string;
let cloud: ToyCloud;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dask-fleet-simulated-"));
  cloud = await new ToyCloud({ boot: "process", directory }).start();
});
afterEach(async () => {
  await cloud[Symbol.asyncDispose]();
  const left = { processes: await machineProcesses(directory), machines: await readdir(directory) };
  await rm(directory, { recursive: true });
  expect(left).toEqual({ processes: [], machines: [] });
});

async function connect(told: ToldCluster, host: string): Promise<SchedulerClient> {
  let client: SchedulerClient | undefined;
  const options = { tls: told.security.clientTls(), timeoutMs: patient(2000) };
  await until("the scheduler", async () => {
    client = await SchedulerClient.connect(`tls://${host}:8786`, options).catch(() => undefined);
    return client !== undefined;
  });
  return client as unknown as SchedulerClient;
}

async function gone(machine: SimMachine): Promise<void> {
  await until(`${machine.id} to be gone`, () => machine.state === "gone");
}

test.for(["instance-id", "hostname"] as const)(
  "machines run real Dask behind a public address, named by their %s",
  async (nameFrom) => {
    const told = new ToldCluster("toy", { ...NATIVE, nameFrom });
    const scheduler = await make(cloud, told.scheduler(), { publicIp: true });
    const host = scheduler.input.privateAddress;
    const worker = await make(cloud, told.worker(host, { workerOptions: { nanny: false } }));
    await using client = await connect(told, scheduler.input.publicAddress ?? "");
    await until("the worker", async () => (await client.workers()).length === 1);
    expect(await client.workers()).toMatchObject([{ name: worker.id, host: worker.input.privateAddress }]);
    expect(await scheduler.console()).toContain("Scheduler at:");
    await client.terminate();
    // Both power off: autoShutdown is on, and Dask has ended well.
    await Promise.all([gone(scheduler), gone(worker)]);
    expect(await worker.console()).toContain("Dask has ended; the machine is powered off");
  },
);

test("without autoShutdown the machine stays on after Dask ends until it is destroyed", async () => {
  const told = new ToldCluster("toy", { ...NATIVE, autoShutdown: false });
  const scheduler = await make(cloud, told.scheduler(), { publicIp: true });
  await (await connect(told, scheduler.input.publicAddress ?? "")).terminate();
  const text = await consoleOf(scheduler, "autoShutdown is off");
  expect([text.includes("the scheduler ended with status 0"), scheduler.state]).toEqual([true, "running"]);
  scheduler.destroy();
  await gone(scheduler);
  expect(await scheduler.console()).toContain("Scheduler at:");
});

test("a machine in docker mode reports a missing Docker", async () => {
  const machine = await make(cloud, new ToldCluster().scheduler());
  expect(await consoleOf(machine, "docker")).toContain('it needs runtime "native"');
  await gone(machine);
});

test("a machine with unknown user data reports it", async () => {
  const machine = await make(cloud, Buffer.from("#cloud-config\nwrite_files: []\n"));
  expect(await consoleOf(machine, "the node could not start")).toContain("does not bring");
});

test("a missing Python is reported by the start script", async () => {
  const told = new ToldCluster("toy", { ...NATIVE, python: "/nowhere/python" });
  const machine = await make(cloud, told.scheduler());
  const text = await consoleOf(machine, "the node could not start");
  expect(text).toContain("there is no /nowhere/python on this machine");
  await gone(machine);
});
