import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIPv6 } from "node:net";

import { Agent, type AgentConnectOpts } from "agent-base";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";

import { invalid } from "../../options/invalid.ts";

const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];
/** Metadata services: they answer only to the machine itself. */
const LINK_LOCAL = /^(?:169\.254\.|\[?fe80:|\[?fd00:ec2:|\[?fd20:ce:)/i;
/** As many connections to one host as AWS' SDK opens. */
const MOST_SOCKETS = 50;

/**
 * The proxy for a URL by the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not; undefined for
 * none. Link-local addresses, such as the metadata service's, have none.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a proxy that is not `http:` or `https:`
 */
export function proxyFor(target: string): URL | undefined {
  const { hostname } = new URL(target);
  if (LINK_LOCAL.test(hostname) || isExempt(hostname)) return undefined;
  const proxy = getProxyForUrl(target);
  if (proxy === "") return undefined;
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  // It is not shown: it may have a password in it.
  throw invalid(
    `The variable ${variablesSet().join(" or ")} must be the URL of an HTTP proxy, such as http://proxy.example.com:3128.`,
  );
}

/** Whether `NO_PROXY` has an IPv6 address as curl and Python have it, without the brackets that it has in a URL. */
function isExempt(hostname: string): boolean {
  if (!hostname.startsWith("[")) return false;
  const exempt = `${process.env["no_proxy"] ?? ""},${process.env["NO_PROXY"] ?? ""}`.split(/[,\s]+/);
  return exempt.some((entry) => isIPv6(entry) && new URL(`http://[${entry}]/`).hostname === hostname);
}

/** ` through the proxy http://proxy.example.com:3128`, or nothing. For errors: without a password. */
export function throughProxy(target: string): string {
  const proxy = proxyFor(target);
  return proxy === undefined ? "" : ` through the proxy ${proxy.origin}`;
}

/**
 * What sends requests through the proxies that the environment names, each request by its own host. Undefined where no variable
 * names a proxy: Node's own agents do.
 */
export function proxyAgent(): HttpAgent | undefined {
  return variablesSet().length > 0 ? new EnvironmentAgent() : undefined;
}

function variablesSet(): readonly string[] {
  return VARIABLES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => (process.env[name] ?? "") !== "");
}

class EnvironmentAgent extends Agent {
  readonly #agents = new Map<string, HttpAgent>();

  constructor() {
    // It keeps no connection itself, but Node asks it whether a request may leave one open.
    super({ keepAlive: true });
  }

  override connect(_request: ClientRequest, options: AgentConnectOpts): HttpAgent {
    const { secureEndpoint, port } = options;
    const host = String(options.host);
    const target = `${secureEndpoint ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const proxy = proxyFor(target);
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
