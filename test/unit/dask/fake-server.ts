import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";

/** What the peer of one connection did. */
export interface Peer {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
}

/** A TCP server on loopback with a scripted behaviour, which leaves no socket behind. */
export class FakeServer implements AsyncDisposable {
  readonly peers: Peer[] = [];
  readonly #server = createServer();

  static async start(serve: (socket: Socket, index: number) => unknown): Promise<FakeServer> {
    const fake = new FakeServer();
    fake.#server.on("connection", (socket) => {
      socket.on("error", () => undefined);
      fake.peers.push({ socket, closed: new Promise((resolve) => socket.once("close", resolve)) });
      serve(socket, fake.peers.length - 1);
      // A socket notices the other side's close only while it reads.
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
