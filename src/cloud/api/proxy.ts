import type { Agent } from "node:http";
import { isIPv6 } from "node:net";

import { getProxyForUrl } from "proxy-from-env";

import { invalid } from "../../options/invalid.ts";

const VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];
/** Metadata services: they answer only to the machine itself. */
const LINK_LOCAL = /^(?:169\.254\.|\[?fe80:|\[?fd00:ec2:|\[?fd20:ce:)/i;

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
export async function proxyAgent(): Promise<Agent | undefined> {
  if (variablesSet().length === 0) return undefined;
  const { EnvironmentAgent } = await import("./environment-agent.ts");
  return new EnvironmentAgent(proxyFor);
}

function variablesSet(): readonly string[] {
  return VARIABLES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => (process.env[name] ?? "") !== "");
}
