import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { publicKeyHash } from "../../../src/security/certificates/public-key.ts";
import { patient } from "../../support/patience.ts";
import { GateClient, answerOf } from "./gate-client.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";
import { makePki } from "./pki.ts";
import { pythons } from "./pythons.ts";

const pki = makePki();

/** A low limit keeps attacks cheap: each kind of peer gets a quarter of the files. */
const MAX_FILES = 400;
/** More than the scheduler can open. */
const MANY = 600;

const PORTS = [
  ["the gate", 8788],
  ["the scheduler", 8786],
] as const;

/** The i-th of many addresses of this computer. */
function nthAddress(i: number): string {
  return `127.200.${Math.floor(i / 250)}.${(i % 250) + 1}`;
}

describe.each(pythons())("a scheduler and its gate, distributed $version", (found) => {
  const host = ownAddress();
  const peer = new GateClient(host, pki.client);
  let node: NodeProcess;
  const held: Socket[] = [];

  beforeAll(async () => {
    node = new NodeProcess(
      {
        clusterName: "test",
        role: "scheduler",
        security: pki.scheduler,
        nameFrom: "instance-id",
        runtime: "native",
        python: "prlimit",
        pythonArgs: [`--nofile=${MAX_FILES}`, found.python],
        host,
      },
      "i-0starved",
    );
    await node.shows("dashboard's gate at");
  });
  afterAll(async () => {
    for (const socket of held) socket.destroy();
    await node[Symbol.asyncDispose]();
  });

  /** Connects and stays silent. */
  async function hold(port: number, localAddress?: string): Promise<Socket> {
    const socket = connect({ host, port, ...(localAddress !== undefined && { localAddress }) });
    socket.on("error", () => undefined);
    // A socket notices a close only while it is read.
    socket.resume();
    held.push(socket);
    await once(socket, "connect", { signal: AbortSignal.timeout(patient(10_000)) });
    return socket;
  }

  async function workerCount(): Promise<number> {
    const schedulerKey256 = publicKeyHash(new X509Certificate(pki.scheduler.cert));
    const tls = { material: pki.client, minVersion: "TLSv1.2", schedulerKey256 } as const;
    await using client = await SchedulerClient.connect(`tls://${host}:8786`, { tls });
    return (await client.identity()).workerCount;
  }

  describe("Attack by a network peer: sockets without a certificate", () => {
    test.each(PORTS)("from one address do not block %s, even for a neighbour at that address", async (_, port) => {
      await Promise.all(Array.from({ length: MANY }, async () => hold(port)));
      await peer.expectOpen();
      expect(await workerCount()).toBe(0);
    });

    test.each(PORTS)("from many addresses do not block %s", async (_, port) => {
      await Promise.all(Array.from({ length: MANY }, async (_, i) => hold(port, nthAddress(i))));
      await peer.expectOpen();
      expect(await workerCount()).toBe(0);
    });

    test("never displace authenticated connections", async () => {
      const inside = await peer.webSocket();
      for (const [, port] of PORTS) await Promise.all(Array.from({ length: MANY }, async () => hold(port)));
      await peer.expectOpen();
      expect(await answerOf(inside)).toBe(0x88);
    });

    test("are evicted first from the address that holds the most", async () => {
      const modest = await hold(8788, nthAddress(MANY));
      await Promise.all(Array.from({ length: MANY }, async () => hold(8788)));
      await peer.expectOpen();
      expect(modest.closed).toBe(false);
    });

    test("write a few log lines, however many they are and however they end", async () => {
      const before = node.output.length;
      for (const [, port] of PORTS) {
        const noisy = await Promise.all(Array.from({ length: MANY / 2 }, async () => hold(port)));
        // A reset leaves the peer's data unread, and does not count as a failed handshake.
        for (const socket of noisy) socket.write("x", () => socket.resetAndDestroy());
        await Promise.all(
          noisy.map(
            async (socket) => socket.closed || once(socket, "close", { signal: AbortSignal.timeout(patient(10_000)) }),
          ),
        );
      }
      await peer.expectOpen();
      expect(await workerCount()).toBe(0);
      const said = node.output.slice(before).split("\n");
      expect(said.length, said.slice(0, 40).join("\n")).toBeLessThan(10);
      expect(node.output.match(/turned away without a certificate: \d+, the last 127\./gu)?.length).toBeLessThan(6);
    });
  });

  test("When authenticated connections reach the limit, the newest replaces the oldest", async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < MAX_FILES / 4 + 5; i += 1) {
      const socket = await peer.webSocket();
      socket.on("error", () => undefined).resume();
      sockets.push(socket);
    }
    await peer.expectOpen();
    expect(sockets[0]?.closed).toBe(true);
    expect(await answerOf(sockets.at(-1) as Socket)).toBe(0x88);
    for (const socket of sockets) socket.destroy();
  });
});
