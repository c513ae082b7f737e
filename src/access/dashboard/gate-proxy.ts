import { type ClientRequest, type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import { createProxyServer, type ProxyServer } from "httpxy";

import { formatAddress } from "../../dask/address.ts";
import { connectionError, unreachable } from "../../dask/comm/connection-error.ts";
import { seconds } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { tlsOf } from "../../security/tls-material.ts";
import { type Sentence, say, sayPlainly } from "./answer.ts";
import { CookieFilter } from "./cookies.ts";
import { GateAgent, type GateTarget } from "./gate-agent.ts";
import { prepareAnswer, prepareHandshake, prepareRequest } from "./headers.ts";

/** Time-out of a request that sends and receives nothing. */
const SILENCE_MS = 120_000;

const NO_DASHBOARD: Sentence = {
  status: 404,
  text: "The scheduler serves no dashboard: it was started without one, or has no bokeh that its Dask can use.",
};

export interface GateProxyOptions {
  readonly target: GateTarget;
  /** The path of the dashboard's first page. */
  readonly page: string;
  /** The cookie that never reaches the scheduler. */
  readonly ownCookie: string;
}

/** Proxies admitted requests and WebSockets to the scheduler's dashboard. The end of one side ends the other. */
export class GateProxy {
  readonly #where: string;
  readonly #target: GateTarget;
  readonly #page: string;
  readonly #cookies: CookieFilter;
  readonly #closed = new AbortController();
  readonly #agent: GateAgent;
  readonly #proxy: ProxyServer;
  readonly #webSockets = new WeakSet<object>();

  constructor({ target, page, ownCookie }: GateProxyOptions) {
    this.#where = formatAddress(target.address);
    this.#target = target;
    this.#page = page;
    this.#cookies = new CookieFilter(ownCookie);
    this.#agent = new GateAgent(target, this.#closed.signal);
    // The agent decides where to connect; the request keeps the browser's Host.
    this.#proxy = createProxyServer({ target: "http://gate.invalid", agent: this.#agent });
    this.#proxy.on("proxyReq", (outgoing) => this.#watch(outgoing));
    this.#proxy.on("proxyReqWs", (outgoing, _request, socket) => this.#join(outgoing, socket));
    this.#proxy.on("proxyRes", (answer, request, response) => this.#pass(answer, request, response));
    this.#proxy.on("error", (error, _request, receiver) => this.#fail(error, receiver));
  }

  web(request: IncomingMessage, response: ServerResponse): void {
    prepareRequest(request, this.#cookies, { upgrade: false });
    // The `error` event reports failures; this handles a browser that went away.
    this.#proxy.web(request, response).catch(() => response.destroy());
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    prepareRequest(request, this.#cookies, { upgrade: true });
    this.#proxy.ws(request, socket, {}, head).catch(() => socket.destroy());
  }

  /** Ends all connections to the gate at once, those in the making included. */
  close(): void {
    this.#closed.abort(new DaskFleetError("CLOSED", "The dashboard was closed."));
    this.#agent.destroy();
  }

  #watch(outgoing: ClientRequest): void {
    outgoing.socket?.unref();
    outgoing.setTimeout(SILENCE_MS, () =>
      outgoing.destroy(unreachable(this.#where, `no answer to a request within ${seconds(SILENCE_MS)}`)),
    );
  }

  /** An upgrade request has the usual time-out; afterwards the end of one side ends the other. */
  #join(outgoing: ClientRequest, browser: Socket): void {
    const leave = (): void => void outgoing.destroy();
    browser.once("close", leave);
    outgoing.once("socket", () => this.#watch(outgoing));
    outgoing.once("response", (answer) => prepareAnswer(answer, this.#cookies));
    outgoing.once("upgrade", (answer, gate) => {
      browser.off("close", leave);
      prepareHandshake(answer);
      this.#webSockets.add(browser);
      browser.once("close", () => gate.destroy());
      gate.once("close", () => browser.destroy());
      if (browser.destroyed || this.#closed.signal.aborted) gate.destroy();
    });
  }

  #pass(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
    prepareAnswer(answer, this.#cookies);
    // The browser decides how long this connection lives.
    answer.headers.connection = response.shouldKeepAlive ? "keep-alive" : "close";
    if (answer.statusCode !== NO_DASHBOARD.status || request.url?.split("?", 1)[0] !== this.#page) return;
    answer.resume();
    say(response, NO_DASHBOARD);
  }

  #fail(error: Error, receiver: unknown): void {
    const { address, tls } = { ...this.#target, address: this.#where };
    const told = error instanceof DaskFleetError ? error : connectionError(error, address, tlsOf(tls)?.notAfter);
    const sentence = { status: 502, text: told.message };
    if (receiver instanceof ServerResponse) say(receiver, sentence);
    else if (this.#webSockets.has(receiver as Socket)) (receiver as Socket).destroy();
    else sayPlainly(receiver as Socket, sentence);
  }
}
