import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import type { MachineInput } from "@dask-fleet/simulated-clouds";

import { Listening } from "../../../packages/simulated-clouds/src/support/listening.ts";
import { type Disguise, NOT_FOUND } from "./disguise.ts";
import { canonicalIpv6, linkLocalOf, METADATA, METADATA_IPV6, WIRE_SERVER } from "./ranges.ts";

interface Guest {
  readonly machine: MachineInput;
  readonly disguise: Disguise;
}

/** The clouds' metadata services at their own addresses. They identify a machine by its source address. */
export class MetadataService implements AsyncDisposable {
  /** Every request, as `10.77.0.4 GET /latest/meta-data/ 200`. */
  readonly log: string[] = [];
  readonly #guests = new Map<string, Guest>();
  readonly #servers: Listening[] = [];

  static async open({ ipv6 = false } = {}): Promise<MetadataService> {
    const service = new MetadataService();
    for (const address of [METADATA, WIRE_SERVER, ...(ipv6 ? [METADATA_IPV6] : [])]) {
      const server = createServer((request, response) => void service.#answer(request, response));
      service.#servers.push(await Listening.open(server, 80, address));
    }
    return service;
  }

  admit(machine: MachineInput, disguise: Disguise): void {
    for (const address of addressesOf(machine)) this.#guests.set(address, { machine, disguise });
  }

  forget(machine: MachineInput): void {
    for (const address of addressesOf(machine)) this.#guests.delete(address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [address = ""] = (request.socket.remoteAddress ?? "").split("%");
    const { method = "GET", headers } = request;
    const url = new URL(request.url ?? "/", `http://${headers.host ?? METADATA}`);
    const guest = this.#guests.get(address.includes(":") ? canonicalIpv6(address) : address);
    request.resume();
    const told = (await guest?.disguise.answer({ method, url, headers }, guest.machine)) ?? NOT_FOUND;
    this.log.push(`${address} ${method} ${url.pathname}${url.search} ${told.status}`);
    const type = { "content-type": told.type ?? "text/plain", "Metadata-Flavor": "Google" };
    response.writeHead(told.status, { ...type, ...told.headers });
    response.end(told.body ?? "");
  }
}

/** A machine without IPv4 uses its link-local address until it has another. */
function addressesOf({ privateAddress, ipv6Address, ipv6Only = false }: MachineInput): readonly string[] {
  if (!ipv6Only || ipv6Address === undefined) return [privateAddress];
  return [canonicalIpv6(ipv6Address), linkLocalOf(privateAddress)];
}
