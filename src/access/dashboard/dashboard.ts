import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { DaskFleetError, messageOf } from "../../errors.ts";
import { Admission } from "./admission.ts";
import { say, sayPlainly } from "./answer.ts";
import type { GateTarget } from "./gate-agent.ts";
import { GateProxy } from "./gate-proxy.ts";
import { Key } from "./key.ts";
import { welcome } from "./page.ts";

/** The dashboard, open on the caller's own loopback until it is closed. */
export interface Dashboard extends AsyncDisposable {
  /**
   * For a browser on this computer. It holds the key to this dashboard: treat it as a password. Opening it sets the key as a cookie;
   * requests without the cookie get 403.
   */
  readonly url: string;
  /** Closes it and every connection in it, at once. */
  close(): Promise<void>;
}

export interface DashboardOptions {
  readonly target: GateTarget;
  /** The path of the first page. Default `/status`. */
  readonly page?: string;
  /** Where to listen on 127.0.0.1. Default 0: any free port. */
  readonly port?: number;
}

/** More connections than a browser uses. */
const MAX_CONNECTIONS = 256;

const LIMITS = {
  // Independent of Node's command line.
  insecureHTTPParser: false,
  requireHostHeader: true,
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 5000,
} as const;

/**
 * Listens on 127.0.0.1 and proxies requests with the key through the scheduler's gate, WebSockets included.
 *
 * @throws DaskFleetError `CONFIG_INVALID` when it cannot listen on the port
 */
export async function openDashboard({ target, page = "/status", port = 0 }: DashboardOptions): Promise<Dashboard> {
  const server = createServer(LIMITS);
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = keepSockets(server);
  const ownPort = await listen(server, port);
  const key = new Key(ownPort);
  const admission = new Admission(ownPort, key);
  const proxy = new GateProxy({ target, page, ownCookie: key.cookieName });
  server.on("request", (request, response) => {
    const verdict = admission.judge(request);
    if (verdict.kind === "pass") proxy.web(request, response);
    else if (verdict.kind === "enter") welcome(response, verdict, key.setCookie);
    else say(response, verdict.sentence);
  });
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const verdict = admission.judgeUpgrade(request);
    if (verdict.kind === "pass") proxy.upgrade(request, socket, head);
    else sayPlainly(socket, verdict.sentence);
  });
  const close = async (): Promise<void> => {
    proxy.close();
    await closeServer(server, sockets);
  };
  const url = key.urlOf(new URL(page, `http://127.0.0.1:${ownPort}`));
  return { url, close, [Symbol.asyncDispose]: close };
}

/** Tracks open connections. Neither they nor the server keep the process alive. */
function keepSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  server.unref();
  return sockets;
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (error) {
    const message = `The dashboard cannot listen on port ${port} of 127.0.0.1 (${messageOf(error)}). Choose another, or leave out \`port\`.`;
    throw new DaskFleetError("CONFIG_INVALID", message, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
