import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

import { DaskFleetError } from "../../../src/errors.ts";

const LOOPBACK = "127.0.0.1";
/** Of those that are given to machines: from here up they do not meet what people write by hand. */
const FIRST = "127.16.0.1";
const CONNECT_TIMEOUT_MS = 5000;

/**
 * Gives each machine an address of its own where this computer answers on all of 127.0.0.0/8, as Linux does unless its loopback
 * has 127.0.0.1 alone. Elsewhere machines share 127.0.0.1 and differ by their ports.
 */
export class Addresses {
  readonly #taken = new Set<string>();
  #ownEach: Promise<boolean> | undefined;

  /** @throws DaskFleetError `CONFIG_INVALID` if not even 127.0.0.1 can be listened on */
  async next(): Promise<string> {
    this.#ownEach ??= ownAddresses();
    if (!(await this.#ownEach)) return LOOPBACK;
    for (;;) {
      const address = `127.${randomInt(16, 255)}.${randomInt(0, 255)}.${randomInt(1, 255)}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
  }
}

async function ownAddresses(): Promise<boolean> {
  if (await answers(FIRST)) return true;
  if (await answers(LOOPBACK)) return false;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `LocalCluster's machines listen on loopback addresses, and this computer has not even ${LOOPBACK}: bring it up (ip link set lo up).`,
  );
}

/** The wanted port if it is free on that address, else any free port. */
export async function freePort(address: string, wanted: number): Promise<number> {
  return (await tryPort(address, wanted)) ?? (await tryPort(address, 0)) ?? wanted;
}

/** @throws DaskFleetError `CONFIG_INVALID` when the port is taken on that address. */
export async function assertFreePort(address: string, port: number): Promise<number> {
  if ((await tryPort(address, port)) !== undefined) return port;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    `The port ${port} of the \`schedulerPort\` option is taken: another program listens on ${address}:${port}, or on all addresses.`,
  );
}

/** Whether a connection to it gets through: a loopback that is down can be listened on all the same. */
async function answers(address: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(0, address);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: address, port, signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    try {
      await once(socket, "connect");
      return true;
    } finally {
      socket.destroy();
    }
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function tryPort(address: string, port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
