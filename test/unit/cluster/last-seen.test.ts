import { createServer, type Socket } from "node:net";

import { expect, test } from "vitest";

import { connectToScheduler } from "../../../src/cluster/scheduler/scheduler-link.ts";
import { Deadline } from "../../../src/deadline.ts";
import { Consoles } from "../../../src/fleet/consoles/consoles.ts";
import { patient } from "../../support/patience.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";
import { worker } from "./machines.ts";

ownStateDirectory();

/** Connects until the deadline, and returns the timeout's message. */
async function dial(port: number, timeoutMs: number): Promise<unknown> {
  const machine = worker("m1", { role: "scheduler" });
  const provider = {
    create: () => Promise.reject(new Error("not asked for")),
    destroy: () => Promise.reject(new Error("not asked for")),
    list: async () => [machine],
    console: async () => "",
  };
  const target = {
    address: `tcp://127.0.0.1:${port}`,
    tls: undefined,
    machine,
    provider,
    pollIntervalMs: 50,
    consoles: new Consoles({ clusterName: "dask-1", provider }),
  };
  return await connectToScheduler(target, new Deadline(timeoutMs)).catch((error: unknown) => error);
}

test("Timeout errors report the last failure of an attempt, not the exhausted time", async () => {
  // The first connection closes immediately; the others get no answer.
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    connections += 1;
    if (connections === 1) socket.destroy();
  });
  const { port } = await new Promise<{ port: number }>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address() as { port: number }));
  });
  try {
    // Less than a try takes by itself, so that the second one is cut short.
    expect(await dial(port, Math.min(4500, patient(1000)))).toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(
        /^Timed out after [\d.]+ s waiting for .*\nLast seen: machine m1 is running; .*closed the connection/u,
      ),
    });
    expect(connections).toBe(2);
    // Without another reason, the exhausted time is reported.
    expect(await dial(port, 300)).toMatchObject({ message: expect.stringMatching(/within 0\.(?:3|[12]\d*) s/u) });
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
});

test("Timeout errors report the last failure to list workers, not the exhausted time", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  cloud.fault = (verb, nth) => {
    if (verb !== "list" || nth === 1 || nth > 5) return undefined;
    return nth === 5 ? "hang" : new Error("the list is being mended");
  };
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: patient(2000) });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "TIMEOUT",
    message: expect.stringMatching(
      /^Timed out after [\d.]+ s waiting for 1 workers .*\n.*; the list is being mended; waiting/u,
    ),
  });
});
