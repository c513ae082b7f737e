import { withAddresses } from "../../../src/cloud/machines/addresses.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import type { DropletApi } from "../api/client.ts";
import { dropletWithId, machineOf } from "../machines/machines.ts";

const LONGEST_PAUSE_MS = 1000;

interface Wanted {
  readonly isPublic: boolean;
  readonly clients: AddressFamily;
  readonly pollIntervalMs: number;
}

/** Waits until a droplet has its addresses: DigitalOcean assigns them a moment after the create call, long before it runs. */
export async function dropletWithAddresses(
  api: DropletApi,
  machine: Machine,
  { isPublic, clients, pollIntervalMs }: Wanted,
  signal: AbortSignal,
): Promise<Machine> {
  return await withAddresses(machine, {
    kind: "droplet",
    isPublic,
    look: async () => {
      const droplet = await dropletWithId(api, machine.id, signal);
      if (droplet === undefined) return undefined;
      const { status: state } = droplet;
      if (state !== "new" && state !== "active") throw ended(machine.id, state);
      const { privateAddress, publicAddress } = machineOf(droplet, clients);
      return { addresses: { privateAddress, publicAddress }, state };
    },
    intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
    signal,
  });
}

function ended(id: string, status: string): DaskFleetError {
  return new DaskFleetError(
    "MACHINE_CREATE_FAILED",
    `DigitalOcean created the droplet ${id}, but it is already "${status}".`,
  );
}
