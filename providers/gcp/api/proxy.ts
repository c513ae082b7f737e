import { LARGEST_ANSWER } from "../../../src/cloud/api/answer-size.ts";
import { proxyAgent, proxyFor, throughProxy } from "../../../src/cloud/api/proxy.ts";
import { selectFields } from "./partial-lists.ts";
import type { GoogleRequest, SdkParts, Transporter } from "./sdk-parts.ts";

/** Compute Engine, where no option says otherwise. */
export const OWN_ENDPOINT = "https://compute.googleapis.com";
const METADATA = "/computeMetadata/";

let agent: Awaited<ReturnType<typeof proxyAgent>>;
let metadataIsDirect = false;

/**
 * The transport of Google's credentials: it bounds answers, and sends each request through the proxy that the environment names for
 * its host. By itself, the SDK calls Compute Engine past all proxies, and asks for tokens through `HTTPS_PROXY` even if that is not
 * meant for their host.
 */
export async function ownTransport({
  Gaxios,
}: Pick<SdkParts, "Gaxios">): Promise<{ readonly transporter: Transporter }> {
  agent ??= await proxyAgent();
  if (agent !== undefined) keepMetadataDirect(Gaxios);
  const transporter = new Gaxios();
  transporter.interceptors.request.add({ resolved: async (request) => routed(request) });
  return { transporter };
}

function routed<Request extends GoogleRequest>(request: Request): Request {
  if (agent !== undefined) request.agent = agent;
  request.size = LARGEST_ANSWER;
  selectFields(request.url);
  // Compute Engine redirects nobody.
  request.redirect = "manual";
  return request;
}

/** ` through the proxy http://proxy.example.com:3128`, or nothing. For errors: without a password. */
export function throughProxyTo(endpoint = OWN_ENDPOINT): string {
  return throughProxy(endpoint);
}

/** @throws DaskFleetError `CONFIG_INVALID` where the proxy to Compute Engine is none */
export function assertProxy(endpoint = OWN_ENDPOINT): void {
  proxyFor(endpoint);
}

/** A proxy would ask its own metadata server. The metadata client is the process's own, so this is set for the whole process. */
function keepMetadataDirect({ prototype }: SdkParts["Gaxios"]): void {
  if (metadataIsDirect) return;
  metadataIsDirect = true;
  const { request } = prototype as { readonly request: (this: unknown, options?: Asked) => Promise<unknown> };
  Object.assign(prototype, {
    async request(this: unknown, options: Asked = {}): Promise<unknown> {
      return await request.call(this, isMetadata(options) ? { ...options, noProxy: [/^/] } : options);
    },
  });
}

interface Asked {
  readonly url?: string | URL;
}

function isMetadata({ url }: Asked): boolean {
  return url !== undefined && URL.parse(String(url))?.pathname.startsWith(METADATA) === true;
}
