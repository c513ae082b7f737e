import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

import { DaskFleetError } from "../../src/errors.ts";

/** Linux answers on all of 127.0.0.0/8, so that each machine can have an address of its own; others know 127.0.0.1 only. */
const OWN_ADDRESSES = process.platform === "linux";

/** An address for a new machine, from 127.16.0.1 up so that it does not meet what people write by hand. */
export function newAddress(taken: ReadonlySet<string>): string {
  if (!OWN_ADDRESSES) return "127.0.0.1";
  for (;;) {
    const address = `127.${randomInt(16, 255)}.${randomInt(0, 255)}.${randomInt(1, 255)}`;
    if (!taken.has(address)) return address;
  }
}

/** The wanted port if it is free on that address, or else any free one. */
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
