import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

import { printable } from "../../text/printable.ts";
import { SECURITY_HEADERS } from "./headers.ts";

/** Time to read why a WebSocket was refused. */
const LINGER_MS = 2000;

/** A status, and a sentence for the user. */
export interface Sentence {
  readonly status: number;
  readonly text: string;
}

/** Answers a request with one sentence. */
export function say(response: ServerResponse, { status, text }: Sentence): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(`${printable(text)}\n`);
  response.writeHead(status, { ...sentenceHeaders(body), connection: "close" });
  response.end(body);
}

/** The same for a WebSocket request that has no answer yet. */
export function sayPlainly(socket: Duplex, { status, text }: Sentence): void {
  const body = Buffer.from(`${printable(text)}\n`);
  const headers = Object.entries({ ...sentenceHeaders(body), connection: "close" });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  // Unread bytes would make the close reset the connection and lose the answer.
  socket.resume();
  socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function sentenceHeaders(body: Buffer): Record<string, string | number> {
  return {
    ...SECURITY_HEADERS,
    "cache-control": "no-store",
    "content-type": "text/plain; charset=utf-8",
    "content-length": body.length,
  };
}
