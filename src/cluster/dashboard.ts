import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream";

import type { CommAddress } from "../dask/address.ts";
import { dial } from "../dask/dial.ts";
import { Deadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import type { ClientTls } from "../security/tls-material.ts";

/** How to reach the gate in front of a scheduler's dashboard. */
export interface GateTarget {
  readonly address: CommAddress;
  readonly tls: ClientTls | undefined;
}

/** The dashboard, open on the caller's own loopback until it is closed. */
export interface Dashboard extends AsyncDisposable {
  /** For a browser on this computer. */
  readonly url: string;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Listens on 127.0.0.1 and carries each connection through the gate. Bytes are passed as they are, WebSockets included. */
export async function openDashboard({ address, tls }: GateTarget, port = 0): Promise<Dashboard> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  };
  const carry = async (incoming: Socket): Promise<void> => {
    keep(incoming);
    try {
      const outgoing = await dial(address, tls, new Deadline(CONNECT_TIMEOUT_MS));
      keep(outgoing);
      pipeline(incoming, outgoing, () => undefined);
      pipeline(outgoing, incoming, () => undefined);
      if (incoming.destroyed || !server.listening) outgoing.destroy();
    } catch (error) {
      // What the browser has asked must be read, or closing would reset the connection and lose the answer.
      incoming.resume();
      incoming.end(badGateway(messageOf(error)));
    }
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (incoming) => void carry(incoming));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { port: actualPort } = server.address() as AddressInfo;
  const close = (): Promise<void> => closeServer(server, sockets);
  return { url: `http://127.0.0.1:${actualPort}/status`, close, [Symbol.asyncDispose]: close };
}

function badGateway(reason: string): string {
  const head = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close";
  return `${head}\r\ncontent-length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`;
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
