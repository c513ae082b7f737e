import { isIPv6 } from "node:net";

import { DaskFleetError } from "../errors.ts";

/** Where a Dask server listens, and whether it speaks TLS there. */
export interface CommAddress {
  readonly scheme: "tcp" | "tls";
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?<scheme>tcp|tls):\/\/(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:/[\]@\s]+)):(?<port>\d{1,5})$/u;

/**
 * Reads a Dask address, `tcp://host:port` or `tls://host:port`; an IPv6 host stands in brackets.
 * The port is required, as Dask's own default (0) means nothing to a client.
 *
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function parseAddress(text: string): CommAddress {
  const groups = ADDRESS.exec(text)?.groups;
  const bracketed = groups?.["bracketed"];
  const host = bracketed ?? groups?.["plain"];
  const port = Number(groups?.["port"]);
  if (host === undefined || !(port >= 1 && port <= 65_535) || (bracketed !== undefined && !isIPv6(bracketed))) {
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `Expected a scheduler address such as "tls://10.0.0.4:8786" or "tcp://[::1]:8786", got ${JSON.stringify(text)}`,
    );
  }
  return { scheme: groups?.["scheme"] === "tls" ? "tls" : "tcp", host, port };
}

export function formatAddress({ scheme, host, port }: CommAddress): string {
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
