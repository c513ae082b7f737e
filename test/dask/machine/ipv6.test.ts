import { once } from "node:events";
import { type IncomingMessage } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";

import { describe, expect, test } from "vitest";

import type { NodePorts } from "../../../src/bootstrap/node-spec.ts";
import { parseAddress } from "../../../src/dask/address.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Security } from "../../../src/security/security.ts";
import { patient } from "../../support/patience.ts";
import { askClient } from "./client.ts";
import { NodeProcess } from "./node-process.ts";
import { pythons } from "./pythons.ts";

/** All tests share the one IPv6 loopback address: each uses free ports. */
async function freePorts(): Promise<NodePorts> {
  const servers = await Promise.all(
    [0, 1, 2].map(async () => {
      const server = createServer();
      server.listen(0, "::1");
      await once(server, "listening");
      return server;
    }),
  );
  const [scheduler = 0, dashboard = 0, gate = 0] = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  return { scheduler, dashboard, gate };
}

describe.each(pythons())("with distributed $version, over IPv6 and TLS", ({ python }) => {
  const base = { clusterName: "test", nameFrom: "instance-id", runtime: "native", python } as const;
  const security = Security.temporary({ clusterName: "test" });

  test("a worker finds its own address, joins, and computes for Python and for us; the gate serves the dashboard", async () => {
    const ports = await freePorts();
    const schedulerAddress = `tls://[::1]:${ports.scheduler}`;
    await using scheduler = new NodeProcess(
      { ...base, role: "scheduler", security: security.materialFor("scheduler"), host: "::1", ports },
      "i-0scheduler",
    );
    await using worker = new NodeProcess(
      { ...base, role: "worker", security: security.materialFor("worker"), schedulerAddress },
      "i-0worker",
    );
    await worker.shows("Starting established connection");
    await scheduler.shows(`dashboard's gate at ::1:${ports.gate}`);

    const client = security.materialFor("client");
    const answer = await askClient(
      python,
      schedulerAddress,
      client,
      `
def inner_client():
    from distributed import get_client
    return get_client().submit(sum, [1, 2, 3]).result()

workers = client.scheduler_info()["workers"]
answer = {"sum": client.submit(inner_client).result(), "hosts": [w["host"] for w in workers.values()], "addresses": list(workers)}
`,
    );
    expect(answer).toEqual({
      sum: 6,
      hosts: ["::1"],
      addresses: [expect.stringMatching(/^tls:\/\/\[::1\]:\d+$/u)],
    });

    const ours = await SchedulerClient.connect(schedulerAddress, {
      tls: security.clientTls(),
      timeoutMs: patient(10_000),
    });
    try {
      expect((await ours.workers()).map(({ name }) => name)).toEqual(["i-0worker"]);
    } finally {
      await ours.close();
    }

    const { host, port } = { ...parseAddress(schedulerAddress), port: ports.gate };
    const asked = request({
      host,
      port,
      path: "/health",
      agent: false,
      ...client,
      checkServerIdentity: () => undefined,
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });
});
