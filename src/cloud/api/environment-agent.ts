import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";

import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";

/** As many connections to one host as AWS' SDK opens. */
const MOST_SOCKETS = 50;

/** Sends each request through the proxy that its own URL has. Loaded late: few computers are behind a proxy. */
export class EnvironmentAgent extends Agent {
  readonly #agents = new Map<string, HttpAgent>();
  readonly #proxyFor: (target: string) => URL | undefined;

  constructor(proxyFor: (target: string) => URL | undefined) {
    // It keeps no connection itself, but Node asks it whether a request may leave one open.
    super({ keepAlive: true });
    this.#proxyFor = proxyFor;
  }

  override connect(_request: ClientRequest, options: AgentConnectOpts): HttpAgent {
    const { secureEndpoint, port } = options;
    const host = String(options.host);
    const target = `${secureEndpoint ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const proxy = this.#proxyFor(target);
    const key = `${secureEndpoint} ${proxy?.href}`;
    const agent = this.#agents.get(key) ?? agentFor(proxy, secureEndpoint);
    this.#agents.set(key, agent);
    return agent;
  }

  override destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
    super.destroy();
  }
}

function agentFor(proxy: URL | undefined, secure: boolean): HttpAgent {
  const options = { keepAlive: true, maxSockets: MOST_SOCKETS };
  if (proxy === undefined) return secure ? new HttpsAgent(options) : new HttpAgent(options);
  // HttpProxyAgent asks the proxy for the whole URL in the first request of a connection only: each has one of its own.
  return secure ? new HttpsProxyAgent(proxy, options) : new HttpProxyAgent(proxy);
}
