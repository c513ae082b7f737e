import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { SchedulerClient } from "../../../../src/dask/scheduler-client.ts";
import { patient } from "../../../../test/support/patience.ts";
import { tcpSockets } from "../../../../test/support/tcp-sockets.ts";
import { until } from "../../../../test/support/until.ts";
import { consoleOf, PaperCluster } from "../boot/paper-cluster.ts";
import { ask } from "./toy-client.ts";
import { ToyCloud } from "./toy-cloud.ts";

test.for(["reset", "disposal"])("a %s in the middle of a run leaves no socket and no timer", async (how) => {
  const cloud = await new ToyCloud({ boot: "paper", bootMs: 300_000, slowMs: 3_600_000_000 }).start();
  const cluster = await PaperCluster.create(cloud);
  const worker = await cluster.worker();
  await cluster.joined(1);
  const client = await cluster.connect();
  const waits = await cluster.worker({ schedulerAddress: "tls://127.0.0.77:8786" });
  await consoleOf(waits, "waiting for the scheduler");
  cloud.faults.onOperation("getMachines", "slow");
  const slow = ask(cloud, "GET", "/machines").then(
    () => "answered",
    () => "broken off",
  );
  await until("the slow call", () => cloud.calls.count("getMachines") === 1, 5000);
  let shutdowns = 0;
  cloud.onGuestShutdown = () => (shutdowns += 1);
  const ranges = [cluster.host, cluster.scheduler.input.publicAddress ?? ""].map((host) =>
    host.replace(/\d+\.\d+$/, ""),
  );

  const boots = await cluster.worker();

  if (how === "reset") await cloud.reset();
  else await cloud[Symbol.asyncDispose]();

  const sockets = (await Promise.all(ranges.map((range) => tcpSockets(range)))).flat();
  expect(sockets.filter(({ port }) => port === 8786 || port === 8788)).toEqual([]);
  expect(await slow).toBe("broken off");
  await expect(client.adaptiveTarget(undefined, { timeoutMs: 1000 })).rejects.toThrow(/connection/);
  await client.close();
  const machines = [cluster.scheduler, worker, waits, boots];
  const texts = await Promise.all(machines.map((machine) => machine.console()));
  if (how === "reset") await cloud.clock.sleep(700_000);
  expect(machines.map(({ state }) => state)).toEqual(machines.map(() => "gone"));
  expect(await Promise.all(machines.map((machine) => machine.console()))).toEqual(texts);
  expect([shutdowns, await boots.console()]).toEqual([0, ""]);
  await cloud[Symbol.asyncDispose]();
  expect(await Promise.all(ranges.map((range) => tcpSockets(range)))).toEqual([[], []]);
});

test("a reset cloud equals a new one", async () => {
  await using cloud = await new ToyCloud({ boot: "paper" }).start();
  const hosts: string[] = [];
  for (let life = 0; life < 3; life++) {
    const cluster = await PaperCluster.create(cloud);
    await cluster.worker();
    await cluster.joined(1);
    await (await cluster.connect()).close();
    hosts.push(cluster.host);
    await cloud.reset();
  }
  expect(new Set(hosts).size).toBe(1);
});

test("a program that disposes of its cloud exits by itself", async () => {
  const file = (name: string): string => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const program = `
    import { PaperCluster } from ${file("../boot/paper-cluster.ts")};
    import { ToyCloud } from ${file("toy-cloud.ts")};
    const cloud = await new ToyCloud({ boot: "paper" }).start();
    const cluster = await PaperCluster.create(cloud);
    await cluster.worker();
    await cluster.joined(1);
    await (await cluster.connect()).close();
    await cluster.worker();
    await cloud[Symbol.asyncDispose]();
    console.log("disposed");`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const killer = setTimeout(() => child.kill("SIGKILL"), patient(30_000));
  const [[output], [code]] = (await Promise.all([once(child.stdout, "data"), once(child, "exit")])) as [
    [Buffer],
    [number | null],
  ];
  clearTimeout(killer);
  expect([String(output), code]).toEqual(["disposed\n", 0]);
});

test("a client of a removed scheduler is disconnected at once", async () => {
  await using cloud = await new ToyCloud({ boot: "paper" }).start();
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  const address = `tls://${cluster.scheduler.input.publicAddress ?? ""}:8786`;
  await cloud.reset();
  const tls = cluster.told.security.clientTls();
  await expect(SchedulerClient.connect(address, { tls, timeoutMs: 2000 })).rejects.toThrow("nothing listens there");
});
