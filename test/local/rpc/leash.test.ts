import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { processRuns } from "../../support/process-runs.ts";
import type { RpcClient } from "../../support/rpc-client.ts";
import { until } from "../../support/until.ts";
import { LOCAL, RpcProcess } from "./rpc-process.ts";

isolatedState();

const PARENT = fileURLToPath(new URL("rpc-parent.ts", import.meta.url));

function saw(client: RpcClient, type: string, more: object): () => boolean {
  const wanted = Object.entries({ type, ...more });
  return () => client.events().some((event) => wanted.every(([name, value]) => event[name] === value));
}

/** Stages of a start, by what the client has seen. */
const STAGES: readonly (readonly [string, (client: RpcClient) => () => boolean])[] = [
  ["before hello", () => () => true],
  ["as soon as it is asked for", (client) => () => client.hello !== undefined],
  ["before the scheduler's machine", (client) => saw(client, "state", { state: "starting" })],
  ["while Dask comes up", (client) => saw(client, "phase-finished", { phase: "scheduler machine" })],
  ["while workers join", (client) => saw(client, "phase-finished", { phase: "scheduler up" })],
  ["when it runs", (client) => saw(client, "state", { state: "running" })],
];

test.each(STAGES)("the end of standard input leaves nothing behind: %s", async (_stage, reached) => {
  await using rpc = new RpcProcess();
  rpc.client.send("start", LOCAL);
  await until("the stage", reached(rpc.client), 90_000, () => rpc.err);
  rpc.client.input.end('{"id": 2, "method": "sta');
  expect([await rpc.end(), rpc.err]).toEqual([[0, null], ""]);
});

test("a parent that is killed leaves nothing behind", async () => {
  const parent = spawn(process.execPath, [PARENT], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  parent.stdout.on("data", (text) => (out += String(text)));
  await until("the cluster", () => out.endsWith("\n"), 90_000);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  await until("the end of rpc", () => !processRuns(Number(out)), 30_000);
  expect(processRuns(Number(out))).toBe(false);
});

test("an interrupt does not end anything; SIGTERM closes", async () => {
  await using rpc = new RpcProcess();
  await until("hello", () => rpc.client.hello !== undefined);
  rpc.child.kill("SIGINT");
  await rpc.client.ask("start", LOCAL);
  rpc.child.kill("SIGINT");
  rpc.child.kill("SIGINT");
  expect(await rpc.client.ask("status", { cluster: "c1" })).toMatchObject({ state: "running" });
  rpc.child.kill("SIGTERM");
  expect(await rpc.end()).toEqual([0, null]);
  await until("the last event", () => rpc.client.states().at(-1) === "closed");
});

test("a fault of the process itself closes what it has started", async () => {
  const fault = "process.on('SIGUSR2', () => { throw new Error('a fault') })";
  await using rpc = new RpcProcess({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` });
  await rpc.client.ask("start", LOCAL);
  rpc.child.kill("SIGUSR2");
  expect(await rpc.end()).toEqual([1, null]);
  expect(rpc.err).toContain("Error: a fault");
});

test("a start that is cancelled is rolled back, beside another cluster that goes on", async () => {
  await using rpc = new RpcProcess();
  const { client } = rpc;
  await client.ask("start", { ...LOCAL, options: { ...LOCAL.options, n_workers: 0 } });
  const id = client.send("start", LOCAL);
  await until("the second one's machines", () => client.events("c2").some(({ phase }) => phase === "scheduler up"));
  expect(await client.ask("cancel", { id })).toEqual({ cancelled: true });
  expect((await client.answer(id)).error).toMatchObject({ code: "CANCELLED", left: [] });
  expect(client.states("c2").at(-1)).toBe("failed");
  expect(await client.ask("status", { cluster: "c1" })).toMatchObject({ state: "running" });
  client.input.end();
  expect(await rpc.end()).toEqual([0, null]);
});

test("a client that stops reading holds up neither the cluster nor its end", async () => {
  await using rpc = new RpcProcess();
  const { client, child } = rpc;
  await client.ask("start", LOCAL);
  child.stdout.pause();
  // More than a pipe holds.
  for (let asked = 0; asked < 200; asked += 1) client.send("preview", { cluster: "c1", role: "worker" });
  client.send("scale", { cluster: "c1", workers: 0 });
  await new Promise((resolve) => child.stdin.end(resolve));
  const beganAt = performance.now();
  // SIGKILL leaves no time for a message.
  expect(await rpc.end()).toEqual([0, null]);
  expect(performance.now() - beganAt).toBeLessThan(patient(30_000));
});
