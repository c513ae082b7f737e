import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import type { WireReply } from "../core/wire.ts";
import { Listening } from "../support/listening.ts";
import { json, plain, type Service, type StoreRequest } from "./answers.ts";
import type { StoreClock } from "./store-clock.ts";
import { ELSEWHERE, type TroubleKind, Troubles } from "./troubles.ts";

/** Serves all hosts of all stores on one port of the loopback; a request says by its Host header whom it is meant for. */
export class StoreServer implements AsyncDisposable {
  readonly troubles = new Troubles();
  /** Every request, in order. */
  readonly requests: StoreRequest[] = [];
  readonly #clock: StoreClock;
  readonly #services: readonly Service[];
  #listening: Listening | undefined;

  constructor(clock: StoreClock, services: readonly Service[]) {
    this.#clock = clock;
    this.#services = services;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#exchange(request, response));
    server.requestTimeout = 0;
    this.#listening = await Listening.open(server, 0, "127.0.0.1");
  }

  get endpoint(): string {
    if (this.#listening === undefined) throw new Error("These simulated stores do not run: await their start()");
    return `http://127.0.0.1:${this.#listening.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  async #exchange(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = await read(incoming);
      this.requests.push(request);
      const { method, host, url } = request;
      const trouble = this.troubles.take(`${method} ${host}${url.pathname}`);
      if (trouble === undefined) this.#send(response, this.#answer(request));
      else await this.#strike(trouble, incoming, response);
    } catch {
      // The client broke off, or what it sent is no HTTP.
      incoming.socket.destroy();
    }
  }

  #answer(request: StoreRequest): WireReply {
    for (const service of this.#services) {
      const reply = service(request);
      if (reply !== undefined) return reply;
    }
    return plain(404, `No service here: ${request.host}${request.url.pathname}`);
  }

  #send(response: ServerResponse, { status, headers, body }: WireReply): void {
    response.writeHead(status, { date: new Date(this.#clock.now()).toUTCString(), ...headers });
    response.end(body);
  }

  async #strike(kind: TroubleKind, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (kind === "cut") incoming.socket.destroy();
    else if (kind === "endless") await endless(response);
    else if (kind === "drip") drip(response);
    else if (kind !== "silent") this.#send(response, STRUCK[kind]);
  }
}

const STRUCK: Readonly<Record<Exclude<TroubleKind, "cut" | "silent" | "endless" | "drip">, WireReply>> = {
  html: {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<html><body>Sign in to the guest network\u001b[2J</body></html>",
  },
  nonsense: json(200, { value: { of: ["another", "kind"] } }),
  redirect: plain(307, "", { location: `http://${ELSEWHERE}/` }),
  "503": json(503, { error: { code: "ServiceUnavailable", message: "come back later" } }, { "retry-after": "0" }),
  "500": plain(500, "<h1>Internal Server Error</h1>"),
  "429": json(429, { __type: "ThrottlingException", message: "Rate exceeded" }),
};

async function endless(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = Buffer.alloc(65_536, " ");
  while (!response.destroyed) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  }
}

function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 200);
  response.once("close", () => clearInterval(timer));
}

async function read(incoming: IncomingMessage): Promise<StoreRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]);
  return {
    method: incoming.method ?? "",
    host: (incoming.headers.host ?? "").toLowerCase(),
    url: new URL(incoming.url ?? "/", "http://127.0.0.1"),
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}
