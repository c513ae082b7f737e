import { proxyAgent, proxyFor, throughProxy } from "../../src/vm/proxy.ts";
import { googleHttp, type GoogleRequest, metadataHttp, type Transporter } from "./sdk-parts.ts";

const OWN = "https://compute.googleapis.com";
const METADATA = "/computeMetadata/";

let agent: ReturnType<typeof proxyAgent>;
let metadataIsDirect = false;

/**
 * What Google's credentials are made with so that each request goes through the proxy that the environment names for its host. By
 * itself the SDK calls Compute Engine past all proxies, and asks for tokens through `HTTPS_PROXY` also where it is for others.
 */
export function throughProxies(): { readonly transporter?: Transporter } {
  agent ??= proxyAgent();
  if (agent === undefined) return {};
  keepMetadataDirect();
  const transporter = new (googleHttp().Gaxios)();
  transporter.interceptors.request.add({ resolved: async (request) => routed(request) });
  return { transporter };
}

function routed<Request extends GoogleRequest>(request: Request): Request {
  request.agent = agent;
  return request;
}

/** ` through the proxy http://proxy.example.com:3128`, or nothing. For errors: without a password. */
export function throughProxyTo(endpoint = OWN): string {
  return throughProxy(endpoint);
}

/** @throws DaskFleetError `CONFIG_INVALID` where the proxy to Compute Engine is none */
export function assertProxy(endpoint = OWN): void {
  proxyFor(endpoint);
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
