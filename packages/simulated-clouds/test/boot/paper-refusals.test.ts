import { afterEach, beforeEach, expect, test } from "vitest";

import type { NodeSpec } from "../../../../src/bootstrap/node-spec.ts";
import { SchedulerClient } from "../../../../src/dask/scheduler-client.ts";
import { Security } from "../../../../src/security/security.ts";
import { until } from "../../../../test/support/until.ts";
import { make } from "../core/toy-client.ts";
import { ToyCloud } from "../core/toy-cloud.ts";
import { consoleOf, PaperCluster } from "./paper-cluster.ts";

let cloud: ToyCloud;
beforeEach(async () => {
  cloud = await new ToyCloud({ boot: "paper" }).start();
});
afterEach(async () => {
  expect(cloud.violations).toEqual([]);
  await cloud[Symbol.asyncDispose]();
});

test.for<[string, (cluster: PaperCluster) => Partial<NodeSpec>, RegExp]>([
  [
    "another CA's certificate",
    () => ({ security: Security.temporary().materialFor("worker") }),
    /cannot join .*: .*certificate/,
  ],
  [
    "a CA that does not know the scheduler's certificate",
    ({ told }) => ({
      security: { ...told.security.materialFor("worker"), ca: Security.temporary().materialFor("worker").ca },
    }),
    /cannot join .*certificate/,
  ],
  ["a client's certificate", ({ told }) => ({ security: told.security.materialFor("client") }), /nobody could dial it/],
  ["no key", ({ told }) => ({ security: { ...told.security.materialFor("worker"), key: "" } }), /key\.pem is missing/],
  [
    "another's key",
    ({ told }) => ({
      security: { ...told.security.materialFor("worker"), key: told.security.materialFor("client").key },
    }),
    /cannot join .*key/,
  ],
  [
    "no TLS where the scheduler has it",
    ({ host }) => ({ security: undefined, schedulerAddress: `tcp://${host}:8786` }),
    /cannot join .*broke off/,
  ],
  [
    "a wrong address",
    () => ({ schedulerAddress: "tls://127.0.0.77:8786" }),
    /nothing answered at tls:\/\/127\.0\.0\.77:8786 within 600 s/,
  ],
  ["a wrong port", ({ host }) => ({ schedulerAddress: `tls://${host}:8787` }), /nothing answered/],
  [
    "the scheduler's public address",
    ({ scheduler }) => ({ schedulerAddress: `tls://${scheduler.input.publicAddress ?? ""}:8786` }),
    /nothing answered/,
  ],
])("a worker with %s does not join, and its console says why", async ([, spec, words]) => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  const wrong = await cluster.worker(spec(cluster));
  const right = await cluster.worker();
  await consoleOf(wrong, words);
  await cluster.joined(1);
  expect(cluster.names).toEqual([right.id]);
  // As a real one: it tries until its time to start is over, and five minutes later its machine powers off.
  await until("the machine to be gone", () => wrong.state === "gone", 5000);
  expect(wrong.goneAt).toBeGreaterThan(wrong.createdAt + 300_000);
});

test("a worker with a taken name does not join", async () => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  cloud.paper.scheduler("toy")?.join("toy-2");
  expect(await consoleOf(await cluster.worker(), "name taken")).toContain("name taken, toy-2");
});

test.for<[string, Uint8Array | undefined, string]>([
  ["no user data", undefined, "given no user data"],
  ["what is no cloud-config", Buffer.from("#!/bin/sh\nreboot"), "cloud-init could not read"],
  ["half of a gzip", Buffer.from([0x1f, 0x8b, 8]), "cloud-init could not read"],
  ["a single byte", Buffer.from("x"), "cloud-init could not read"],
])("a machine with %s says so on its console", async ([, userData, words]) => {
  expect(await consoleOf(await make(cloud, userData), "the node could not start")).toContain(words);
});

test("a scheduler with mismatched certificate and key does not come up", async () => {
  const cluster = await PaperCluster.create(cloud);
  const [ours, theirs] = [
    cluster.told.security.materialFor("scheduler"),
    Security.temporary().materialFor("scheduler"),
  ];
  const broken = await make(cloud, cluster.told.scheduler({ security: { ...ours, key: theirs.key } }));
  expect(await consoleOf(broken, "the node could not start")).toMatch(/key values mismatch/i);
});

test("network members blocked by the firewall do not reach each other", async () => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  cloud.admittedMember = (port) => port === 8786;
  await consoleOf(await cluster.worker(), /the firewall keeps .* from this machine's port 40001/);
  cloud.admittedMember = (port) => port >= 40_000;
  const worker = await cluster.worker();
  await consoleOf(worker, "waiting for the scheduler");
  await cloud.clock.sleep(100_000);
  expect(cluster.names).toEqual([]);
  cloud.admittedMember = () => true;
  await cluster.joined(1);
});

test("without TLS everything works in clear text", async () => {
  const cluster = await PaperCluster.create(cloud, { security: undefined });
  const plain = await make(cloud, cluster.told.scheduler({ security: undefined }));
  const schedulerAddress = `tcp://${plain.input.privateAddress}:8786`;
  await cluster.worker({ security: undefined, schedulerAddress });
  await using client = await eventually(() => SchedulerClient.connect(schedulerAddress, { timeoutMs: 1000 }));
  await until("the worker", async () => (await client.workers()).length === 1, 5000);
  expect(await client.workers()).toMatchObject([{ address: expect.stringMatching(/^tcp:/) as unknown }]);
});

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  let found: { readonly value: T } | undefined;
  await until(
    "an answer",
    async () => {
      found = await attempt().then(
        (value) => ({ value }),
        () => undefined,
      );
      return found !== undefined;
    },
    10_000,
  );
  return (found as unknown as { readonly value: T }).value;
}
