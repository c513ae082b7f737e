import { readFile } from "node:fs/promises";
import {
  createServer as createPlainServer,
  type IncomingMessage,
  request as ask,
  type ServerResponse,
} from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";

import sirv from "sirv";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { GATEWAY, ORACLE, UPSTREAM_HOSTS } from "./ranges.ts";

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

/** The machines' internet, in a lab without a way out: Debian's and Docker's packages, and a registry. */
export class Upstream implements AsyncDisposable {
  /** Every request, as `10.77.0.4 GET registry.lab/v2/ 200`. */
  readonly log: string[] = [];
  readonly #sites: ReadonlyMap<string, ReturnType<typeof sirv>>;
  readonly #servers: Listening[] = [];
  readonly #login: string | undefined;
  readonly #oracle: string | undefined;

  /**
   * @param folder what image/upstream.sh has made
   * @param login `user:password`, where the registry is a private one
   * @param oracle the endpoint that answers for Oracle's services, whatever their hosts
   */
  static async open(folder: string, login?: string, oracle?: string): Promise<Upstream> {
    const upstream = new Upstream(folder, login, oracle);
    const answer = (request: IncomingMessage, response: ServerResponse): void => upstream.#answer(request, response);
    const [key, cert] = await Promise.all(["key.pem", "certificate.pem"].map((file) => readFile(join(folder, file))));
    upstream.#servers.push(await Listening.open(createPlainServer(answer), 80, GATEWAY));
    upstream.#servers.push(await Listening.open(createServer({ key, cert }, answer), 443, GATEWAY));
    return upstream;
  }

  private constructor(folder: string, login: string | undefined, oracle: string | undefined) {
    this.#login = login;
    this.#oracle = oracle;
    const setHeaders = (response: ServerResponse, path: string): void => {
      if (path.includes("/manifests/")) response.setHeader("content-type", MANIFEST);
    };
    this.#sites = new Map(
      UPSTREAM_HOSTS.map((host) => [host, sirv(join(folder, host), { dev: true, etag: true, setHeaders })]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = "GET", url = "/", headers } = request;
    const address = request.socket.remoteAddress ?? "";
    const host = headers.host ?? "";
    response.once("close", () => {
      this.log.push(`${address} ${method} ${host}${url} ${response.statusCode}`);
    });
    const notFound = (): void => void response.writeHead(404).end();
    if (host.endsWith(`.${ORACLE}`) && this.#oracle !== undefined) {
      request.pipe(forwarded(request, response, `${this.#oracle}${url}`));
    } else if (url.startsWith("/v2/") && this.#login !== undefined && headers.authorization !== basic(this.#login)) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="the lab"' }).end();
    }
    // A client asks first whether this is a registry.
    else if (url === "/v2/") response.end("{}");
    else (this.#sites.get(host) ?? notFound)(request, response, notFound);
  }
}

/** The same request elsewhere, with the host that it is meant for; the answer goes back. */
function forwarded({ method, headers }: IncomingMessage, response: ServerResponse, url: string): NodeJS.WritableStream {
  return ask(url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }).once("error", () => response.destroy());
}

function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString("base64")}`;
}
