import type { Agent } from "node:http";

import { invalid } from "../../src/options/invalid.ts";
import { googleHttp, type GoogleRequest, metadataHttp, proxyAgents, type Transporter } from "./sdk-parts.ts";

const VARIABLES = ["https_proxy", "http_proxy", "all_proxy"];
const METADATA = "/computeMetadata/";

const agents = new Map<string, Agent>();
let metadataIsDirect = false;

/**
 * What Google's credentials are made with so that each request goes through the proxy that the environment names for its host. By
 * itself the SDK calls Compute Engine past all proxies, and asks for tokens through `HTTPS_PROXY` also where it is for others.
 */
export function throughProxies(): { readonly transporter?: Transporter } {
  if (VARIABLES.every((name) => variable(name) === undefined)) return {};
  keepMetadataDirect();
  const transporter = new (googleHttp().Gaxios)();
  transporter.interceptors.request.add({ resolved: async (request) => routed(request) });
  return { transporter };
}

function routed<Request extends GoogleRequest>(request: Request): Request {
  const agent = agentFor(new URL(request.url));
  if (agent !== undefined) request.agent = agent;
  else if (request.agent instanceof proxyAgents().HttpsProxyAgent) delete request.agent;
  return request;
}

/**
 * The proxy for a URL, by the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a proxy that is no `http:` or `https:` URL
 */
export function proxyFor({ protocol, hostname, port }: URL): string | undefined {
  const name = protocol === "https:" ? "https_proxy" : "http_proxy";
  const proxy = variable(name) ?? variable("all_proxy");
  if (proxy === undefined) return undefined;
  const host = hostname.replaceAll(/^\[|\]$/g, "");
  const reached = { host, port: port === "" ? (protocol === "https:" ? "443" : "80") : port };
  const exceptions = (variable("no_proxy") ?? "").split(/[\s,]+/).filter((rule) => rule !== "");
  if (exceptions.some((rule) => excepts(rule, reached))) return undefined;
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return proxy;
  // It is not shown: it may have a password in it.
  throw invalid(
    `The variable ${name.toUpperCase()} (or ALL_PROXY) must be the URL of an HTTP proxy, such as http://proxy.example.com:3128.`,
  );
}

/** ` through the proxy http://proxy.example.com:3128`, or nothing. For errors: without a password. */
export function throughProxy(endpoint: string | undefined): string {
  const proxy = proxyFor(apiAddress(endpoint));
  return proxy === undefined ? "" : ` through the proxy ${new URL(proxy).origin}`;
}

/** @throws DaskFleetError `CONFIG_INVALID` where the proxy to Compute Engine is none */
export function assertProxy(endpoint: string | undefined): void {
  proxyFor(apiAddress(endpoint));
}

function apiAddress(endpoint = "https://compute.googleapis.com"): URL {
  return new URL(endpoint);
}

/** `example.com` and `.example.com` stand for the host and all below it, `*` for all; each can have a port. */
function excepts(rule: string, { host, port }: { readonly host: string; readonly port: string }): boolean {
  if (rule === "*") return true;
  const { name = rule, only } = /^(?<name>\[.+\]|[^:]+):(?<only>\d+)$/u.exec(rule)?.groups ?? {};
  if (only !== undefined && only !== port) return false;
  const bare = name
    .replaceAll(/^\[|\]$/g, "")
    .replace(/^\*?\./, "")
    .toLowerCase();
  return host === bare || host.endsWith(`.${bare}`);
}

function agentFor(url: URL): Agent | undefined {
  const proxy = proxyFor(url);
  if (proxy === undefined) return undefined;
  const { HttpsProxyAgent } = proxyAgents();
  const agent = agents.get(proxy) ?? new HttpsProxyAgent(proxy, { keepAlive: true });
  agents.set(proxy, agent);
  return agent;
}

/** A proxy would ask its own metadata server, or none. Its client is the whole process's. */
function keepMetadataDirect(): void {
  if (metadataIsDirect) return;
  metadataIsDirect = true;
  metadataHttp().instance.interceptors.request.add({
    resolved: async (request) => {
      if (new URL(request.url).pathname.startsWith(METADATA)) delete request.agent;
      return request;
    },
  });
}

function variable(name: string): string | undefined {
  const value = process.env[name] ?? process.env[name.toUpperCase()] ?? "";
  return value === "" ? undefined : value;
}
