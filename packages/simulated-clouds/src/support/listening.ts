import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";

/** A server that listens, and ends together with all its connections. */
export class Listening implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param port 0 for any free one */
  static async open(server: Server, port: number, host: string): Promise<Listening> {
    const listening = new Listening(server);
    server.listen(port, host);
    await once(server, "listening");
    return listening;
  }

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.keep(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Lets another connection end together with the server, too. */
  keep(socket: Socket): void {
    // A peer's reset is not an error here: interested code adds its own listener.
    socket.on("error", () => socket.destroy());
    if (!this.#server.listening) socket.destroy();
    if (socket.closed) return;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Breaks all connections, and goes on listening. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cutAll();
    await closed;
  }
}
