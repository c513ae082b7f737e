import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";

import { FrameReader } from "../../../src/dask/comm/frames.ts";
import { decodeMessage, encodeMessage } from "../../../src/dask/message/message.ts";
import { atOnce } from "../../../src/dask/message/steps.ts";

export const SERVER_HANDSHAKE: Buffer = encodeMessage({
  compression: null,
  python: [3, 11, 7],
  "pickle-protocol": 5,
});

type Message = Readonly<Record<string, unknown>>;

/** What the other end of one connection did. */
export interface Peer {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
}

/** A TCP server on the loopback that does whatever the test says, and leaves no socket behind. */
export class FakeServer implements AsyncDisposable {
  readonly peers: Peer[] = [];
  readonly #server = createServer();

  static async start(serve: (socket: Socket, index: number) => unknown): Promise<FakeServer> {
    const fake = new FakeServer();
    fake.#server.on("connection", (socket) => {
      socket.on("error", () => undefined);
      fake.peers.push({ socket, closed: new Promise((resolve) => socket.once("close", resolve)) });
      serve(socket, fake.peers.length - 1);
      // Who does not read does not see the other end close.
      if (socket.listenerCount("data") === 0) socket.resume();
    });
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.peers) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Shakes hands as Dask does, after a while if asked to, then hands every request over. */
export function speakDask(socket: Socket, answer: (request: Message) => void, greetAfterMs = 0): void {
  const reader = new FrameReader();
  let greeted = false;
  if (greetAfterMs === 0) socket.write(SERVER_HANDSHAKE);
  else setTimeout(() => socket.write(SERVER_HANDSHAKE), greetAfterMs);
  socket.on("data", (chunk) => {
    for (const frames of reader.push(chunk)) {
      const message = atOnce(decodeMessage(frames)) as Message;
      if (!greeted) greeted = true;
      else if (message["op"] === "close") socket.end();
      else answer(message);
    }
  });
}
