import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

import { afterEach, beforeEach, expect, test } from "vitest";

import { tcpSockets } from "../../../../test/support/tcp-sockets.ts";
import { PaperCluster } from "../boot/paper-cluster.ts";
import { ToyCloud } from "./toy-cloud.ts";

let cloud: ToyCloud;
beforeEach(async () => {
  cloud = await new ToyCloud({ boot: "paper" }).start();
});
afterEach(async () => {
  await cloud[Symbol.asyncDispose]();
});

/** Whether a TLS server answers there, to a client at an address of one's own. */
async function reaches({ told }: PaperCluster, host: string, port: number, localAddress?: string): Promise<boolean> {
  const { ca } = told.security.materialFor("client");
  // Node's own type of these options does not know localAddress, which it passes on.
  const options: ConnectionOptions & { localAddress: string | undefined } = { host, port, ca, localAddress };
  const socket = connectTls({ ...options, checkServerIdentity: () => undefined });
  return await once(socket, "secureConnect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

test("the public address admits the clients that the firewall admits at that moment", async () => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  const host = cluster.scheduler.input.publicAddress ?? "";
  expect(await reaches(cluster, host, 8786)).toBe(true);
  cloud.admitted = (source) => source === "127.9.9.9";
  expect(await reaches(cluster, host, 8786)).toBe(false);
  expect(await reaches(cluster, host, 8786, "127.9.9.9")).toBe(true);
  cloud.admitted = (_source, port) => port === 8788;
  expect(await reaches(cluster, host, 8786)).toBe(false);
  expect(await reaches(cluster, host, 8788)).toBe(true);
  await expect(cluster.connect()).rejects.toThrow("reset");
});

test("a machine with a public address is not reachable from outside by its private one", async () => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  await (await cluster.connect()).close();
  await expect(cluster.connect(cluster.host)).rejects.toThrow(/reset|closed/);
  expect(await cluster.scheduler.console()).toContain("from outside the network it must use");
});

test("a machine without a public address is reachable from inside if the firewall admits the network", async () => {
  const cluster = await PaperCluster.create(cloud, {}, false);
  await cluster.up();
  cloud.admitted = () => false;
  await expect(cluster.connect()).rejects.toThrow(/reset|closed/);
  cloud.admitted = (source) => source !== "127.0.0.1";
  await (await cluster.connect()).close();
});

test("a machine that does not run has no open ports", async () => {
  const cluster = await PaperCluster.create(cloud);
  await expect(cluster.connect()).rejects.toThrow("nothing listens there");
  await cluster.up();
  await using client = await cluster.connect();
  cluster.scheduler.destroy();
  await expect(client.adaptiveTarget(undefined, { timeoutMs: 2000 })).rejects.toThrow(/nothing listens|connection/);
  await expect(cluster.connect()).rejects.toThrow("nothing listens there");
});

test("only a scheduler has open ports: a worker's public address has none", async () => {
  const cluster = await PaperCluster.create(cloud);
  const workers = [await cluster.worker({}, true), await cluster.worker({}, true)];
  await cluster.joined(2);
  const range = (cluster.scheduler.input.publicAddress ?? "").replace(/\d+\.\d+$/, "");
  expect((await tcpSockets(range)).filter(({ listens }) => listens)).toHaveLength(2);
  const socket = connect({ host: workers[0]?.input.publicAddress ?? "", port: 8786 });
  await expect(once(socket, "connect")).rejects.toThrow("ECONNREFUSED");
});

test("the dashboard's gate admits the cluster's certificates only", async () => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.up();
  const { material, serverName } = cluster.told.security.clientTls();
  const page = async (tls: object): Promise<string> => {
    const call = request({ host: cluster.scheduler.input.publicAddress, port: 8788, agent: false, ...tls });
    call.end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return String(await buffer(response));
  };
  expect(await page({ ...material, servername: serverName })).toBe("dashboard of toy");
  await expect(page({ ca: material.ca, servername: serverName })).rejects.toThrow(/hang up|reset|alert/i);
});
