import { readFile } from "node:fs/promises";

/** A TCP socket of this computer, of any process. */
export interface TcpSocket {
  readonly address: string;
  readonly port: number;
  readonly listens: boolean;
}

const LISTEN = "0A";
const TIME_WAIT = "06";

/** The TCP sockets whose local address has this prefix (`127.64.`), without dead connections. Linux only. */
export async function tcpSockets(prefix: string): Promise<readonly TcpSocket[]> {
  const [, ...rows] = (await readFile("/proc/net/tcp", "utf8")).trim().split("\n");
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state]) => state !== TIME_WAIT)
    .map(([, local = "", , state]) => ({
      // The address is little-endian: 127.64.0.4 is 0400407F.
      address: [6, 4, 2, 0].map((at) => Number.parseInt(local.slice(at, at + 2), 16)).join("."),
      port: Number.parseInt(local.slice(9), 16),
      listens: state === LISTEN,
    }))
    .filter(({ address }) => address.startsWith(prefix));
}
