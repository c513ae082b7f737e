import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { patient } from "./patience.ts";

/** The response, until the connection closed. */
export interface RawAnswer {
  readonly status: number;
  /** As sent, in lower case. */
  readonly head: string;
  readonly body: string;
}

export interface RawRequest {
  /** @default GET */
  readonly method?: string;
  /** @default / */
  readonly target?: string;
  /** As sent, in this order. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** The headers of a WebSocket request, without Origin. */
export const WEBSOCKET = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
  ["Sec-WebSocket-Version", "13"],
  ["Sec-WebSocket-Key", Buffer.from("sixteen bytes!!!").toString("base64")],
] as const;

/** Sends a request that no library would send, and reads until the other side closes. */
export async function sendRaw(port: number, request: RawRequest): Promise<RawAnswer> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.write(text(request));
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => socket.destroy());
  await once(socket, "close", { signal: AbortSignal.timeout(patient(10_000)) });
  const [head = "", ...body] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head: head.toLowerCase(), body: body.join("\r\n\r\n") };
}

/** Opens a WebSocket up to its response: returns the socket and the response's head. */
export async function upgradeRaw(port: number, request: RawRequest): Promise<{ socket: Socket; head: string }> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => socket.destroy());
  socket.write(text(request));
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const [chunk] = (await once(socket, "data", { signal: AbortSignal.timeout(patient(10_000)) })) as [Buffer];
    head += chunk.toString();
  }
  return { socket, head };
}

function text({ method = "GET", target = "/", headers = [], body = "" }: RawRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}
