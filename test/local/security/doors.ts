import { once } from "node:events";
import { connect as tcpConnect, type Socket } from "node:net";
import { connect as tlsConnect, type ConnectionOptions } from "node:tls";

import type { LocalCluster } from "../../../providers/local/index.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { CLIENT_HANDSHAKE } from "../../../src/dask/comm/handshake.ts";
import { encodeMessage } from "../../../src/dask/message/message.ts";
import { patient } from "../../support/patience.ts";

/** Everything in a cluster that listens for connections. */
export const DOORS = ["the scheduler", "a worker", "a nanny", "the dashboard's gate"] as const;
export type Door = (typeof DOORS)[number];

export interface Place {
  readonly host: string;
  readonly port: number;
}

export async function doorsOf(cluster: LocalCluster): Promise<Readonly<Record<Door, Place>>> {
  const [worker] = await cluster.workers();
  const { ports } = await readRecord(cluster.name);
  const scheduler = placeOf(cluster.schedulerAddress);
  return {
    "the scheduler": scheduler,
    "a worker": placeOf(worker?.address ?? ""),
    "a nanny": placeOf(worker?.nanny ?? ""),
    "the dashboard's gate": { ...scheduler, port: ports.gate },
  };
}

function placeOf(address: string): Place {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
}

/** What a server sent until it closed the connection, and how it closed: an error's code, or `closed`. */
export interface Answer {
  readonly heard: string;
  readonly end: string;
}

const HTTP_REQUEST = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const DASK_REQUEST = Buffer.concat([CLIENT_HANDSHAKE, encodeMessage({ op: "identity", reply: true })]);
const PATIENCE_MS = patient(20_000);

/**
 * Connects with TLS and reads until the other side closes: with TLS 1.3 its refusal follows our own handshake. A Dask server
 * speaks first, and writing to a refusing server may lose its alert; the dashboard waits for a request.
 */
export async function knock(door: Door, place: Place, tls: ConnectionOptions): Promise<Answer> {
  // An intruder does not verify the server.
  const socket = tlsConnect({ ...place, ...tls, rejectUnauthorized: false, checkServerIdentity: () => undefined });
  if (door === "the dashboard's gate") socket.once("secureConnect", () => socket.write(HTTP_REQUEST));
  return await listen(socket);
}

/** The same without TLS; here every client speaks first. */
export async function knockPlainly(door: Door, place: Place): Promise<Answer> {
  const socket = tcpConnect(place);
  socket.once("connect", () => socket.write(door === "the dashboard's gate" ? HTTP_REQUEST : DASK_REQUEST));
  return await listen(socket);
}

/** What a server sends when it accepts: Dask's handshake or the dashboard's answer. Then the connection ends. */
export async function welcome(door: Door, place: Place, tls: ConnectionOptions): Promise<string> {
  const socket = tlsConnect({ ...place, ...tls, checkServerIdentity: () => undefined });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (door === "the dashboard's gate") socket.write(HTTP_REQUEST);
    const [first] = (await once(socket, "data", { signal: AbortSignal.timeout(PATIENCE_MS) })) as [Buffer];
    return first.toString("latin1");
  } finally {
    socket.destroy();
  }
}

async function listen(socket: Socket): Promise<Answer> {
  const heard: Buffer[] = [];
  let end = "closed";
  socket.on("data", (chunk) => heard.push(chunk));
  socket.on("error", (error: NodeJS.ErrnoException) => {
    end = error.code ?? error.message;
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  giveUp.addEventListener("abort", () => socket.destroy(new Error("the door stayed open")));
  await closed;
  return { heard: Buffer.concat(heard).toString("latin1"), end };
}

/** What only an authenticated client receives. */
export const INSIDE = /compression|pickle-protocol|HTTP\/1/u;
