import { withAddresses } from "../../../src/cloud/machines/addresses.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import type { Ec2Api } from "../api/client.ts";
import { reasonOfEnd } from "../errors/ec2-error.ts";
import { findInstance, machineOf } from "../machines/machines.ts";

const LONGEST_PAUSE_MS = 1000;

interface Wanted {
  /** Whether it is to have a public address, too. */
  readonly isPublic: boolean;
  readonly clients: AddressFamily;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}

/** Waits until an instance has its addresses: EC2 assigns the public one a moment after the launch. */
export async function instanceWithAddresses(
  api: Ec2Api,
  machine: Machine,
  { isPublic, clients, pollIntervalMs, signal }: Wanted,
): Promise<Machine> {
  return await withAddresses(machine, {
    kind: "instance",
    isPublic,
    look: async () => {
      const instance = await findInstance(api, machine.id, signal);
      if (instance === undefined) return undefined;
      const state = instance.State?.Name ?? "pending";
      if (state !== "pending" && state !== "running")
        throw ended(machine.id, state, reasonOfEnd(instance.StateReason, api));
      const { privateAddress, publicAddress } = machineOf(instance, clients);
      return { addresses: { privateAddress, publicAddress }, state };
    },
    intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
    signal,
  });
}

function ended(id: string, state: string, reason: DaskFleetError | undefined): DaskFleetError {
  const why = reason === undefined ? "EC2 gives no reason." : reason.message;
  const options = { cause: reason, meaning: reason?.meaning };
  return new DaskFleetError("MACHINE_CREATE_FAILED", `The instance ${id} is ${state}. ${why}`, options);
}
