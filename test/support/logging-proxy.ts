import { createServer, request } from "node:http";
import { connect, type Socket } from "node:net";

import { Listening } from "../../packages/simulated-clouds/src/support/listening.ts";

export interface HowToProxy {
  /** The address to listen on. @default "127.0.0.1" */
  readonly address?: string;
  /** The address that every name resolves to. @default the listening address */
  readonly upstream?: string;
}

/** An HTTP proxy that logs its requests: `CONNECT host:port` for TLS, `GET http://…` for plain HTTP. */
export class LoggingProxy implements AsyncDisposable {
  /** The requests, in order. */
  readonly log: readonly string[];
  readonly #listening: Listening;
  readonly #address: string;

  static async start({ address = "127.0.0.1", upstream: to }: HowToProxy = {}): Promise<LoggingProxy> {
    const log: string[] = [];
    const server = createServer();
    const listening = await Listening.open(server, 0, address);
    server.on("connect", ({ url = "" }, client: Socket, head: Buffer) => {
      log.push(`CONNECT ${url}`);
      const { hostname, port } = new URL(`http://${url}`);
      const upstream = connect(Number(port), to ?? hostname.replaceAll(/[[\]]/g, ""), () => {
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
      const passed = request(url, { method, headers, ...(to === undefined ? {} : { hostname: to }) }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      passed.on("error", () => answer.destroy());
      asked.pipe(passed);
    });
    return new LoggingProxy(listening, address, log);
  }

  private constructor(listening: Listening, address: string, log: readonly string[]) {
    this.#listening = listening;
    this.#address = address;
    this.log = log;
  }

  get url(): string {
    return `http://${this.#address}:${this.#listening.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening[Symbol.asyncDispose]();
  }
}
