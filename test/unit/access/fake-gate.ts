import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import type { GateTarget } from "../../../src/access/dashboard/gate-agent.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";

/** Content of the scheduler only. */
export const INSIDE = "memory of workers";

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  /** Names and values as received. */
  readonly raw: readonly string[];
  readonly body: string;
}

/** The gate of a plain cluster: pages and WebSockets of a careless scheduler that shares them with every origin. */
export class FakeGate implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly webSockets: Socket[] = [];
  /** The handler of `/status`. */
  answer = (response: ServerResponse): void => {
    response.writeHead(200, SHARED).end(INSIDE);
  };
  readonly target: GateTarget;
  readonly #listening: Listening;

  /** @param port default: any free port */
  static async open(port = 0): Promise<FakeGate> {
    const server = createServer();
    const gate = new FakeGate(await Listening.open(server, port, "127.0.0.1"));
    server.on("request", (request, response) => void gate.#show(request, response));
    server.on("upgrade", (request, socket) => gate.#talk(request, socket as Socket));
    return gate;
  }

  private constructor(listening: Listening) {
    this.#listening = listening;
    this.target = targetAt(listening);
  }

  get connections(): number {
    return this.#listening.connections;
  }

  async noConnections(): Promise<void> {
    await until("no connection to the gate", () => this.connections === 0);
  }

  async #show(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks = await request.setEncoding("utf8").toArray();
    this.#note(request, chunks.join(""));
    this.answer(response);
  }

  #talk(request: IncomingMessage, socket: Socket): void {
    this.#note(request, "");
    this.webSockets.push(socket);
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAccess-Control-Allow-Origin: *\r\n\r\n",
    );
    socket.pipe(socket);
  }

  #note({ method, url, headers, rawHeaders }: IncomingMessage, body: string): void {
    this.seen.push({ method, url, headers, raw: rawHeaders, body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening[Symbol.asyncDispose]();
  }
}

const SHARED = { "access-control-allow-origin": "*", "content-type": "text/html" };

/** A server that accepts connections and stays silent. */
export async function muteGate(): Promise<{ target: GateTarget; listening: Listening }> {
  // A socket notices its end only while it is read.
  const listening = await Listening.open(
    createTcpServer((socket) => void socket.resume()),
    0,
    "127.0.0.1",
  );
  return { target: targetAt(listening), listening };
}

function targetAt({ port }: Listening): GateTarget {
  return { address: { scheme: "tcp", host: "127.0.0.1", port }, tls: undefined };
}

export async function ended(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket.resume(), "close", { signal: AbortSignal.timeout(patient(20_000)) });
}
