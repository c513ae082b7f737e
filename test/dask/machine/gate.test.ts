import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { connect } from "node:net";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Deadline } from "../../../src/deadline.ts";
import { poll } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";
import { GateClient, answerOf } from "./gate-client.ts";
import { NodeProcess, ownAddress } from "./node-process.ts";
import { makePki } from "./pki.ts";
import { pythons } from "./pythons.ts";

const pki = makePki();
const stranger = makePki();

describe.each(pythons())("the gate with distributed $version", ({ python }) => {
  const host = ownAddress();
  let node: NodeProcess;

  beforeAll(async () => {
    node = new NodeProcess(
      {
        clusterName: "test",
        role: "scheduler",
        security: pki.scheduler,
        nameFrom: "instance-id",
        runtime: "native",
        python,
        host,
      },
      "i-0gate",
    );
    await node.shows("dashboard's gate at");
  });
  afterAll(async () => node[Symbol.asyncDispose]());

  const peer = new GateClient(host, pki.client);

  test("accepts a certificate of the cluster", async () => {
    await peer.expectOpen();
    for (const path of ["/status", "/json/index.html", "/no-such-page"]) {
      const direct = plainRequest({ host, port: 8787, path }).end();
      const [answer] = (await once(direct, "response")) as [IncomingMessage];
      answer.resume();
      expect((await peer.get(path, pki.client)).status).toBe(answer.statusCode);
    }
  });

  test("serves many concurrent requests, including large answers", async () => {
    const { status, bytes } = await peer.get("/statics/css/base.css", pki.client);
    expect(status).toBe(200);
    const many = await Promise.all(
      Array.from({ length: 60 }, async () => peer.get("/statics/css/base.css", pki.client)),
    );
    expect(new Set(many.map((answer) => answer.bytes))).toEqual(new Set([bytes]));
  });

  test("proxies WebSockets", async () => {
    expect(await answerOf(await peer.webSocket())).toBe(0x88);
  });

  test.each([
    ["no certificate", undefined],
    ["a foreign certificate", stranger.client],
  ])("rejects %s", async (_, tls) => {
    await expect(peer.get("/health", tls)).rejects.toThrow(/certificate|alert|socket hang up|ECONNRESET|EPIPE/u);
    await peer.expectOpen();
  });

  test.each([
    ["plain HTTP", Buffer.from("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["random bytes", Buffer.alloc(100_000, 0x5a)],
    ["a truncated handshake", Buffer.from([0x16, 0x03, 0x01, 0x40, 0x00, 0x01])],
  ])("survives %s and answers it with an empty body", async (_, noise) => {
    const socket = connect({ host, port: 8788 });
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    // A reset is as good as a close.
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => {
      socket.once("close", resolve);
    });
    socket.end(noise);
    await closed;
    expect(received).not.toMatch(/HTTP|ok/u);
    await peer.expectOpen();
  });

  test("limits pending connections and their waiting time, but not a WebSocket's idle time", async () => {
    const idle = await peer.webSocket();
    let open = 0;
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = connect({ host, port: 8788 });
        socket.on("error", () => undefined);
        // A socket notices a close only while it is read.
        socket.resume();
        socket.on("close", () => {
          open -= 1;
        });
        await once(socket, "connect");
        open += 1;
      }),
    );
    await poll(async () => (open <= 256 ? true : undefined), {
      what: "the surplus to be turned away",
      deadline: new Deadline(patient(8000)),
      intervalMs: 20,
    });
    // The rest stays silent: each is dropped after the 10 s that a handshake may take.
    await poll(async () => (open === 0 ? true : undefined), {
      what: "the silent to be dropped",
      deadline: new Deadline(patient(30_000)),
      intervalMs: 100,
      lastSeen: () => `${open} open`,
    });
    await peer.expectOpen();
    expect(await answerOf(idle)).toBe(0x88);
  });

  test("probes silent peers with keep-alive", async () => {
    const idle = await peer.webSocket();
    const { stdout } = spawnSync("ss", ["-Htno", "state", "established", `( sport = :8788 and src ${host} )`], {
      encoding: "utf8",
    });
    expect(stdout).toContain("timer:(keepalive,");
    expect(await answerOf(idle)).toBe(0x88);
  });

  test("closes when the scheduler does", async () => {
    const idle = connect({ host, port: 8788 });
    idle.on("error", () => undefined);
    await once(idle, "connect");
    idle.resume();
    (await peer.webSocket()).resume();
    node.signal("SIGTERM");
    expect(await node.ends()).toBe(143);
    const late = connect({ host, port: 8788 });
    await expect(once(late, "connect")).rejects.toThrow(/ECONNREFUSED/u);
    expect(node.output).not.toMatch(/Traceback|never retrieved|Task was destroyed/u);
  });
});
