import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";

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
