import { createServer, request } from "node:http";
import { connect, type Socket } from "node:net";

import { Listening } from "./listening.ts";

/** An HTTP proxy on loopback that writes down what passes through it: `CONNECT host:port` for TLS, `GET http://…` for plain HTTP. */
export class LoggingProxy implements AsyncDisposable {
  /** In order. */
  readonly log: readonly string[];
  readonly #listening: Listening;

  static async start(): Promise<LoggingProxy> {
    const log: string[] = [];
    const server = createServer();
    const listening = await Listening.open(server, 0, "127.0.0.1");
    server.on("connect", ({ url = "" }, client: Socket, head: Buffer) => {
      log.push(`CONNECT ${url}`);
      const { hostname, port } = new URL(`http://${url}`);
      const upstream = connect(Number(port), hostname.replaceAll(/[[\]]/g, ""), () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      listening.keep(upstream);
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
    server.on("request", (asked, answer) => {
      const { method = "", url = "", headers } = asked;
      log.push(`${method} ${url}`);
      const passed = request(url, { method, headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      asked.pipe(passed);
    });
    return new LoggingProxy(listening, log);
  }

  private constructor(listening: Listening, log: readonly string[]) {
    this.#listening = listening;
    this.log = log;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listening.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening[Symbol.asyncDispose]();
  }
}
