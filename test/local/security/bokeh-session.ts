import { randomBytes } from "node:crypto";
import { once } from "node:events";

import { visit } from "../../support/dashboard-visitor.ts";
import { patient } from "../../support/patience.ts";

interface Header {
  readonly msgid: string;
  readonly msgtype: string;
}

/** A browser's connection to a page of Bokeh's. */
export interface BokehSession {
  readonly socket: WebSocket;
  /** The header of the server's first message. */
  readonly acknowledged: Header;
  /** Sends a message without content; returns the header of its answer. */
  readonly ask: (type: string) => Promise<Header>;
  readonly close: () => Promise<void>;
}

const PATIENCE_MS = patient(20_000);

/**
 * Does what BokehJS does (bokehjs/src/lib/client/connection.ts): sends the page's session token as a second subprotocol.
 * A message has three frames: header, metadata, content.
 */
export async function bokehSession(url: string): Promise<BokehSession> {
  const visitor = await visit(url);
  const page = await (await visitor.get(visitor.page)).text();
  const token = /"token":"([\w.-]+)"/u.exec(page)?.[1];
  if (token === undefined) throw new Error(`There is no token in ${page.slice(0, 500)}`);
  const socket = new WebSocket(`${visitor.page.replace("http:", "ws:")}/ws`, {
    protocols: ["bokeh", token],
    headers: { cookie: visitor.cookie, origin: visitor.origin },
  });
  const frames = receive(socket);
  const header = async (): Promise<Header> => {
    const [first] = [await frames.next(), await frames.next(), await frames.next()];
    return JSON.parse(String(first?.value)) as Header;
  };
  const acknowledged = await header();
  return {
    socket,
    acknowledged,
    ask: async (msgtype) => {
      const msgid = randomBytes(8).toString("hex");
      for (const frame of [{ msgid, msgtype }, {}, {}]) socket.send(JSON.stringify(frame));
      for (;;) {
        const answer = (await header()) as Header & { readonly reqid?: string };
        if (answer.reqid === msgid) return answer;
      }
    },
    close: async () => {
      const closed = once(socket, "close", { signal: AbortSignal.timeout(PATIENCE_MS) });
      socket.close();
      await closed;
    },
  };
}

/** The arriving frames, in order; fails when the connection ends or stays silent. */
async function* receive(socket: WebSocket): AsyncGenerator<unknown, never> {
  const arrived: unknown[] = [];
  let wake = (): void => undefined;
  socket.addEventListener("message", ({ data }) => {
    arrived.push(data);
    wake();
  });
  socket.addEventListener("close", () => wake());
  for (;;) {
    const next = arrived.shift();
    if (next !== undefined) {
      yield next;
      continue;
    }
    if (socket.readyState > WebSocket.OPEN) throw new Error("The WebSocket was closed.");
    await new Promise<void>((resolve, reject) => {
      wake = resolve;
      const patience = AbortSignal.timeout(PATIENCE_MS);
      patience.addEventListener("abort", () => reject(new Error("Nothing came through the WebSocket.")));
    });
  }
}
