import type { Socket } from "node:net";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SERVER_HANDSHAKE, speakDask } from "../../../packages/simulated-clouds/src/boot/speak-dask.ts";
import { parseAddress } from "../../../src/dask/address.ts";
import { Comm } from "../../../src/dask/comm/comm.ts";
import { encodeFrames } from "../../../src/dask/comm/frames.ts";
import { encodeMessage } from "../../../src/dask/message/message.ts";
import { encodeMsgpack } from "../../../src/dask/message/msgpack.ts";
import { Deadline } from "../../../src/deadline.ts";
import { patient } from "../../support/patience.ts";
import { failureOf } from "./failure.ts";
import { FakeServer } from "./fake-server.ts";

async function connect(server: FakeServer, timeoutMs = 5000, signal?: AbortSignal): Promise<Comm> {
  return await Comm.connect(parseAddress(server.address), undefined, new Deadline(timeoutMs, signal), {
    maxBytes: 5000,
  });
}

function soon(signal?: AbortSignal): Deadline {
  return new Deadline(5000, signal);
}

const IDENTITY = { op: "identity" };

describe("Comm.connect", () => {
  it("times out on a peer that accepts the connection and sends nothing, and closes its own end", async () => {
    await using server = await FakeServer.start(() => undefined);
    await expect(connect(server, 500)).rejects.toMatchObject({
      code: "SCHEDULER_UNREACHABLE",
      message: expect.stringMatching(/said nothing within 0\.5 s \(is it a tls:\/\/ scheduler\?\)/u),
    });
    await server.peers[0]?.closed;
  });

  it("reports a refused connection", async () => {
    const server = await FakeServer.start(() => undefined);
    const { address } = server;
    await server[Symbol.asyncDispose]();
    await expect(Comm.connect(parseAddress(address), undefined, soon())).rejects.toMatchObject({
      code: "SCHEDULER_UNREACHABLE",
      message: expect.stringMatching(/nothing listens there/u),
      cause: expect.objectContaining({ code: "ECONNREFUSED" }),
    });
  });

  it.each([
    ["closes", "SCHEDULER_UNREACHABLE", (socket) => socket.end()],
    ["resets", "SCHEDULER_UNREACHABLE", (socket) => socket.resetAndDestroy()],
    ["closes during its handshake", "SCHEDULER_UNREACHABLE", (s) => s.end(SERVER_HANDSHAKE.subarray(0, 20))],
    ["speaks HTTP", "PROTOCOL_VIOLATION", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["speaks SSH", "PROTOCOL_VIOLATION", (socket) => socket.write("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")],
    ["sends another message first", "PROTOCOL_VIOLATION", (socket) => socket.write(encodeMessage({ op: "x" }))],
    ["sends a list first", "PROTOCOL_VIOLATION", (socket) => socket.write(encodeFrames([encodeMsgpack([])]))],
    ["sends invalid msgpack", "PROTOCOL_VIOLATION", (s) => s.write(encodeFrames([Buffer.from([0xc1])]))],
    ["announces too much", "PROTOCOL_VIOLATION", (s) => s.write(encodeFrames([Buffer.alloc(5000)]).subarray(0, 30))],
  ] satisfies [string, string, (socket: Socket) => unknown][])("refuses a peer that %s", async (_, code, serve) => {
    await using server = await FakeServer.start(serve);
    await expect(connect(server)).rejects.toMatchObject({ code });
    await server.peers[0]?.closed;
  });

  it("throws the signal's reason, before and during the connection", async () => {
    const reason = new Error("enough");
    await using server = await FakeServer.start(() => undefined);
    await expect(connect(server, 5000, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.peers).toHaveLength(0);
    const controller = new AbortController();
    const connecting = connect(server, 5000, controller.signal);
    const refused = failureOf(connecting);
    await expect.poll(() => server.peers.length).toBe(1);
    controller.abort(reason);
    expect(await refused).toBe(reason);
    await server.peers[0]?.closed;
  });

  it("survives any first bytes", async () => {
    let first: Uint8Array = new Uint8Array();
    await using server = await FakeServer.start((socket) => socket.end(first));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        first = bytes;
        await expect(connect(server)).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:SCHEDULER_UNREACHABLE|PROTOCOL_VIOLATION)$/u),
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe("Comm.request", () => {
  it("sends one request at a time and matches each answer to its request", async () => {
    let busy = 0;
    await using server = await FakeServer.start((socket) => {
      speakDask(socket, ({ n }) => {
        expect(++busy).toBe(1);
        setImmediate(() => {
          busy--;
          socket.write(encodeMessage({ n }));
        });
      });
    });
    const comm = await connect(server);
    const numbers = [0, 1, 2, 3, 4];
    const answers = await Promise.all(numbers.map((n) => comm.request({ op: "echo", n }, soon())));
    expect(answers).toEqual(numbers.map((n) => ({ n })));
    expect(comm.answers).toBe(5);
    await comm.close();
    await server.peers[0]?.closed;
  });

  it("reads an answer that arrives byte by byte", async () => {
    await using server = await FakeServer.start((socket) => {
      speakDask(socket, () => {
        const bytes = encodeMessage({ text: "slowly" });
        let at = 0;
        const drip = (): void => {
          socket.write(bytes.subarray(at, ++at));
          if (at < bytes.byteLength) setImmediate(drip);
        };
        drip();
      });
    });
    const comm = await connect(server);
    expect(await comm.request(IDENTITY, soon())).toEqual({ text: "slowly" });
    await comm.close();
  });

  it("closes the connection of a timed-out request, so that its late answer matches no other", async () => {
    await using server = await FakeServer.start((socket) => speakDask(socket, () => undefined));
    const comm = await connect(server);
    const first = comm.request(IDENTITY, new Deadline(100));
    const second = comm.request(IDENTITY, soon());
    await expect(first).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(/^Timed out after 0\.1 s waiting for the answer of tcp:.* to "identity"$/u),
    });
    await expect(second).rejects.toMatchObject({ code: "SCHEDULER_UNREACHABLE", sent: false });
    expect(comm.alive).toBe(false);
    await server.peers[0]?.closed;
  });

  it("keeps the connection when a queued request ends", async () => {
    let reply: (() => void) | undefined;
    await using server = await FakeServer.start((socket) => {
      speakDask(socket, () => {
        reply = (): void => {
          socket.write(encodeMessage({}));
        };
      });
    });
    const comm = await connect(server);
    const first = comm.request(IDENTITY, soon());
    await expect(comm.request(IDENTITY, new Deadline(50))).rejects.toMatchObject({ code: "TIMEOUT" });
    const reason = new Error("enough");
    await expect(comm.request(IDENTITY, soon(AbortSignal.abort(reason)))).rejects.toBe(reason);
    await expect.poll(() => reply).toBeDefined();
    reply?.();
    expect(await first).toEqual({});
    await comm.close();
  });

  it("throws the signal's reason and closes the connection", async () => {
    const controller = new AbortController();
    await using server = await FakeServer.start((socket) => speakDask(socket, () => controller.abort("enough")));
    const comm = await connect(server);
    await expect(comm.request(IDENTITY, soon(controller.signal))).rejects.toBe("enough");
    await server.peers[0]?.closed;
  });

  it.each([
    ["closed", "SCHEDULER_UNREACHABLE", (socket) => socket.end()],
    ["reset", "SCHEDULER_UNREACHABLE", (socket) => socket.resetAndDestroy()],
    ["closed in mid-answer", "SCHEDULER_UNREACHABLE", (socket) => socket.end(encodeMessage({ a: 1 }).subarray(0, 20))],
    ["answered with too much", "PROTOCOL_VIOLATION", (socket) => socket.write(encodeFrames([Buffer.alloc(5000)]))],
    [
      "answered with an invalid message",
      "PROTOCOL_VIOLATION",
      (socket) => socket.write(encodeFrames([Buffer.from([0xc1])])),
    ],
  ] satisfies [string, string, (socket: Socket) => unknown][])(
    "is rejected when it is %s",
    async (_, code, misbehave) => {
      await using server = await FakeServer.start((socket) => speakDask(socket, () => misbehave(socket)));
      const comm = await connect(server);
      await expect(comm.request(IDENTITY, soon())).rejects.toMatchObject({ code });
      await comm.closed;
    },
  );

  it("disconnects a scheduler that sends unsolicited messages", async () => {
    await using server = await FakeServer.start((socket) => {
      speakDask(socket, () => void socket.write(Buffer.concat([encodeMessage({ n: 1 }), encodeMessage({ n: 2 })])));
    });
    const comm = await connect(server);
    expect(await comm.request(IDENTITY, soon())).toEqual({ n: 1 });
    await comm.closed;
    expect(comm.alive).toBe(false);
  });
});

/** Sends a request to a peer with this answer, under the users' limits. */
async function ask(answer: (socket: Socket) => void, op: string, deadline: Deadline): Promise<unknown> {
  await using server = await FakeServer.start((socket) => speakDask(socket, () => answer(socket)));
  const comm = await Comm.connect(parseAddress(server.address), undefined, soon());
  try {
    return await comm.request({ op }, deadline);
  } finally {
    await comm.close();
  }
}

describe("Attack by a hostile reply: the client of a scheduler", () => {
  it("stays responsive, deadlines included, while it reads 12 MB of distinct keys", async () => {
    // 110,000 maps with 15 distinct keys each.
    const maps = Array.from({ length: 110_000 }, (_, map) => {
      const keys = Array.from({ length: 15 }, (__, index) => (15 * map + index).toString(36).padStart(5, "x"));
      return Buffer.from(`\u008f${keys.map((key) => `\u00a5${key}\u00c0`).join("")}`, "latin1");
    });
    const answer = encodeFrames([Buffer.concat([Buffer.from([0xdd, 0, 1, 0xad, 0xb0]), ...maps])]);
    expect(answer.byteLength).toBeGreaterThan(11_000_000);
    const asked = performance.now();
    await expect(ask((socket) => socket.write(answer), "identity", new Deadline(300))).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(performance.now() - asked).toBeLessThan(patient(3000));
  });

  it("times out when an answer trickles in byte by byte", async () => {
    const bytes = encodeMessage({ text: "x".repeat(5000) });
    let at = 0;
    const drip = (socket: Socket): void => {
      if (socket.destroyed) return;
      socket.write(bytes.subarray(at, ++at));
      setTimeout(() => drip(socket), 10);
    };
    await expect(ask(drip, "identity", new Deadline(300))).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("refuses a large answer to a small request", async () => {
    const answer = encodeFrames([Buffer.alloc(9 * 1024 * 1024)]).subarray(0, 100);
    const asking = ask((socket) => socket.write(answer), "adaptive_target", soon());
    await expect(asking).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION", message: /at most 8388608 are allowed/u });
  });
});

describe("Attack by a network peer: the client of a scheduler", () => {
  it("refuses a large handshake", async () => {
    await using server = await FakeServer.start((s) => s.write(encodeFrames([Buffer.alloc(70_000)]).subarray(0, 30)));
    const connecting = Comm.connect(parseAddress(server.address), undefined, soon());
    await expect(connecting).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION" });
  });

  it("buffers nothing that it has not requested", async () => {
    await using server = await FakeServer.start((socket) => speakDask(socket, () => undefined));
    const comm = await connect(server);
    server.peers[0]?.socket.write(encodeMessage({ op: "x" }).subarray(0, 4));
    await comm.closed;
    expect(comm.alive).toBe(false);
  });
});

describe("Comm.close", () => {
  it("says goodbye, may be called twice, and rejects pending requests", async () => {
    await using server = await FakeServer.start((socket) => speakDask(socket, () => undefined));
    const idle = await connect(server);
    await Promise.all([idle.close(), idle.close()]);
    await expect(idle.request(IDENTITY, soon())).rejects.toMatchObject({ code: "CLOSED" });
    const busy = await connect(server);
    const request = failureOf(busy.request(IDENTITY, soon()));
    await busy.close();
    expect(await request).toMatchObject({ code: "CLOSED" });
    await Promise.all(server.peers.map(({ closed }) => closed));
  });

  it("does not wait long for a peer that keeps the connection open", async () => {
    await using server = await FakeServer.start((socket) => {
      socket.allowHalfOpen = true;
      socket.write(SERVER_HANDSHAKE);
    });
    const comm = await connect(server);
    await comm.close();
    expect(comm.alive).toBe(false);
  });
});
