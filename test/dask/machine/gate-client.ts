import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import type { Socket } from "node:net";

import { expect } from "vitest";

import type { TlsMaterial } from "../../../src/security/tls-material.ts";
import { patient } from "../../support/patience.ts";

/** A client of the gate, with a certificate of the cluster. */
export class GateClient {
  readonly #host: string;
  readonly #certified: TlsMaterial;

  constructor(host: string, certified: TlsMaterial) {
    this.#host = host;
    this.#certified = certified;
  }

  #options(path: string, tls: Partial<TlsMaterial> | undefined): RequestOptions {
    const { ca } = this.#certified;
    // Python's peers ignore names as well: only the CA counts.
    const names = { checkServerIdentity: () => undefined };
    return { host: this.#host, port: 8788, path, agent: false, ...tls, ca, ...names, timeout: patient(10_000) };
  }

  /** A page, as served to the holder of `tls`. */
  async get(path: string, tls: Partial<TlsMaterial> | undefined): Promise<{ status: number; bytes: number }> {
    const asked = request(this.#options(path, tls));
    asked.end().on("timeout", () => asked.destroy(new Error("no answer")));
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    let bytes = 0;
    for await (const chunk of answer) bytes += (chunk as Buffer).length;
    return { status: answer.statusCode ?? 0, bytes };
  }

  async expectOpen(): Promise<void> {
    expect(await this.get("/health", this.#certified)).toEqual({ status: 200, bytes: 2 });
  }

  async webSocket(): Promise<Socket> {
    const upgrade = request({
      ...this.#options("/eventstream", this.#certified),
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": Buffer.from("sixteen bytes!!!").toString("base64"),
      },
    });
    upgrade.end();
    const [answer, socket] = (await once(upgrade, "upgrade")) as [IncomingMessage, Socket];
    expect(answer.statusCode).toBe(101);
    return socket;
  }
}

/** Sends a masked close frame; a WebSocket server answers it with its own. */
export async function answerOf(socket: Socket): Promise<number | undefined> {
  socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
  const [frame] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return frame[0];
}
