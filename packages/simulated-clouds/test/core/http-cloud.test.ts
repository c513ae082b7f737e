import { once } from "node:events";
import { Agent, get } from "node:http";
import type { IncomingMessage } from "node:http";

import { expect, test } from "vitest";

import { ask, make } from "./toy-client.ts";
import { ToyCloud } from "./toy-cloud.ts";

test("the log records every call in order, with its simulated time", async () => {
  await using cloud = await new ToyCloud().start();
  await ask(cloud, "POST", "/machines", {});
  await cloud.clock.sleep(60_000);
  await ask(cloud, "GET", "/machines");
  await ask(cloud, "DELETE", "/machines/nobody");
  expect(cloud.calls.operations()).toEqual(["postMachines", "getMachines", "deleteMachines"]);
  expect(cloud.calls.entries.map(({ index, status }) => [index, status])).toEqual([
    [0, 201],
    [1, 200],
    [2, 404],
  ]);
  expect([cloud.calls.count(), cloud.calls.count("getMachines")]).toEqual([3, 1]);
  const [first, second] = cloud.calls.entries;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(60_000);
});

test("a malformed request is a violation and no call", async () => {
  await using cloud = await new ToyCloud().start();
  const response = await fetch(`${cloud.endpoint}/nonsense?x=1`, { method: "PUT" });
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("no route /nonsense")]);
  await fetch(`${cloud.endpoint}/machines`, { method: "PATCH" });
  expect(cloud.violations).toEqual(["PUT /nonsense: no route /nonsense", "patchMachines: patchMachines"]);
  expect(cloud.calls.operations()).toEqual(["patchMachines"]);
});

test("a defect of the simulation is a violation with its location", async () => {
  await using cloud = await new ToyCloud().start();
  const response = await fetch(`${cloud.endpoint}/machines`, { method: "POST", body: "{" });
  expect(response.status).toBe(400);
  expect(cloud.violations).toEqual([expect.stringMatching(/^postMachines: SyntaxError.*\n.*toy-cloud/s)]);
});

test("every cloud reports the caller's address, without counting a call or hitting a fault", async () => {
  await using cloud = await new ToyCloud().start();
  cloud.faults.at(0, "cut");
  const response = await fetch(`${cloud.endpoint}/checkip`);
  expect([await response.text(), cloud.calls.count()]).toEqual(["127.0.0.1\n", 0]);
});

test("every cloud tells its own time to those who are not signed in", async () => {
  await using cloud = await new ToyCloud().start();
  cloud.clockAheadMs = 600_000;
  const response = await fetch(cloud.endpoint, { method: "HEAD" });
  const aheadMs = Date.parse(response.headers.get("date") ?? "") - Date.now();
  expect([response.status, Math.round(aheadMs / 60_000), cloud.calls.count()]).toEqual([404, 10, 0]);
  await cloud.reset();
  expect(cloud.clockAheadMs).toBe(0);
});

test("connections are kept alive and end with the cloud", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const cloud = await new ToyCloud().start();
  const sockets = new Set<unknown>();
  for (let call = 0; call < 3; call++) {
    const request = get(`${cloud.endpoint}/machines`, { agent });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    sockets.add(response.socket);
    response.resume();
    await once(response, "end");
  }
  expect(sockets.size).toBe(1);
  const [socket] = sockets as Set<IncomingMessage["socket"]>;
  const closed = socket?.closed === true ? undefined : once(socket ?? agent, "close");
  const { endpoint } = cloud;
  await cloud[Symbol.asyncDispose]();
  await closed;
  await cloud[Symbol.asyncDispose]();
  await expect(fetch(`${endpoint}/machines`)).rejects.toThrow("fetch failed");
  agent.destroy();
});

test("every response takes the configured latency", async () => {
  await using cloud = await new ToyCloud({ latencyMs: 50_000 }).start();
  const from = cloud.clock.now();
  await ask(cloud, "GET", "/machines");
  expect(cloud.clock.now() - from).toBeGreaterThanOrEqual(50_000);
});

test("a reset gives a fresh account and aborts calls under way", async () => {
  await using cloud = await new ToyCloud({ slowMs: 3_600_000_000 }).start();
  await make(cloud);
  await fetch(`${cloud.endpoint}/nonsense`);
  cloud.faults.at(1, "slow");
  const waiting = ask(cloud, "GET", "/machines").then(
    () => "answered",
    () => "broken off",
  );
  while (cloud.calls.count() < 2) await cloud.clock.sleep(1000);
  await cloud.reset();
  expect(await waiting).toBe("broken off");
  expect([cloud.machines, cloud.violations, cloud.calls.count(), cloud.faults.fired]).toEqual([[], [], 0, 0]);
  expect((await make(cloud)).id).toBe("toy-1");
});

test("a cloud that is not running says so", async () => {
  expect(() => new ToyCloud().endpoint).toThrow("await its start()");
  await expect(new ToyCloud({ boot: "process" }).start()).rejects.toThrow("`directory`");
});
