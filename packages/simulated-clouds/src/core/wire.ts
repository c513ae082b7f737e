import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

import { Listening } from "../support/listening.ts";

export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Buffer | undefined;
}

/** In PEM: what a server shows whose clients insist on TLS. Its name is `localhost`. */
export interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
}

/** Breaks the connection instead of an answer. */
export const CUT = Symbol("cut");

/** An HTTP/1.1 server on the loopback, with TLS or without, with keep-alive, that hands over whole requests. It ends with all its connections. */
export class WireServer implements AsyncDisposable {
  readonly #listening: Listening;
  readonly #origin: string;

  static async open(
    answer: (request: WireRequest) => Promise<WireReply | typeof CUT>,
    tls?: ServerIdentity,
    port = 0,
  ): Promise<WireServer> {
    const take = (request: IncomingMessage, response: ServerResponse): void => void exchange(request, response, answer);
    const server = tls === undefined ? createServer(take) : createTlsServer({ ...tls }, take);
    // An idle connection stays open: one that the server closes just as the client uses it again would be a fault of its own.
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    const listening = await Listening.open(server, port, "127.0.0.1");
    return new WireServer(listening, tls === undefined ? "http://127.0.0.1" : "https://localhost");
  }

  private constructor(listening: Listening, origin: string) {
    this.#listening = listening;
    this.#origin = origin;
  }

  get endpoint(): string {
    return `${this.#origin}:${this.#listening.port}`;
  }

  /** Breaks all connections, and goes on listening. */
  cutAll(): void {
    this.#listening.cutAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening[Symbol.asyncDispose]();
  }
}

async function exchange(
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: (request: WireRequest) => Promise<WireReply | typeof CUT>,
): Promise<void> {
  try {
    const reply = await answer(await wireRequest(incoming));
    if (reply === CUT) {
      incoming.socket.destroy();
      return;
    }
    const body = Buffer.from(reply.body ?? "");
    response.writeHead(reply.status, { ...reply.headers, "content-length": body.length });
    response.end(body);
  } catch {
    // The client broke off, or what it sent is no HTTP.
    incoming.socket.destroy();
  }
}

async function wireRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]);
  return {
    method: incoming.method ?? "",
    url: new URL(incoming.url ?? "/", "http://127.0.0.1"),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}
