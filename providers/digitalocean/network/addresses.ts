import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { poll } from "../../../src/wait.ts";
import type { DropletApi } from "../api/client.ts";
import { dropletWithId, machineOf } from "../machines/machines.ts";

const TIMEOUT_MS = 120_000;
const LONGEST_PAUSE_MS = 1000;

interface Wanted {
  readonly isPublic: boolean;
  readonly clients: AddressFamily;
  readonly pollIntervalMs: number;
}

/** Waits until a new droplet has its addresses: DigitalOcean gives it them a moment after it has made it, long before it runs. */
export async function withAddresses(
  api: DropletApi,
  machine: Machine,
  { isPublic, clients, pollIntervalMs }: Wanted,
  signal: AbortSignal,
): Promise<Machine> {
  let status = "new";
  return await poll(
    async () => {
      const droplet = await dropletWithId(api, machine.id, signal);
      if (droplet === undefined) return undefined;
      ({ status } = droplet);
      if (status !== "new" && status !== "active") throw ended(machine.id, status);
      const { privateAddress, publicAddress } = machineOf(droplet, clients);
      if (privateAddress === undefined || (isPublic && publicAddress === undefined)) return undefined;
      return { ...machine, privateAddress, publicAddress };
    },
    {
      what: `the addresses of the droplet ${machine.id}`,
      deadline: new Deadline(TIMEOUT_MS, signal),
      intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
      lastSeen: () => `the droplet is "${status}" and has none`,
    },
  );
}

function ended(id: string, status: string): DaskFleetError {
  return new DaskFleetError(
    "MACHINE_CREATE_FAILED",
    `DigitalOcean has made the droplet ${id}, but it is "${status}" already.`,
  );
}
