import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { poll } from "../../../src/wait.ts";
import type { Ec2Api } from "../api/client.ts";
import { reasonOfEnd } from "../errors/ec2-error.ts";
import { findInstance, machineOf } from "../machines/machines.ts";

const TIMEOUT_MS = 120_000;
const LONGEST_PAUSE_MS = 1000;

interface Wanted {
  /** Whether it is to have a public address, too. */
  readonly isPublic: boolean;
  readonly clients: AddressFamily;
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}

/** Waits until a new machine has its addresses: EC2 gives it the public one a moment after the machine. */
export async function withAddresses(
  api: Ec2Api,
  machine: Machine,
  { isPublic, clients, pollIntervalMs, signal }: Wanted,
): Promise<Machine> {
  let state = "pending";
  return await poll(
    async () => {
      const instance = await findInstance(api, machine.id, signal);
      if (instance === undefined) return undefined;
      state = instance.State?.Name ?? state;
      if (state !== "pending" && state !== "running")
        throw ended(machine.id, state, reasonOfEnd(instance.StateReason, api));
      const { privateAddress, publicAddress } = machineOf(instance, clients);
      if (privateAddress === undefined || (isPublic && publicAddress === undefined)) return undefined;
      return { ...machine, privateAddress, publicAddress };
    },
    {
      what: `${isPublic ? "a public" : "an"} address of ${machine.id}`,
      deadline: new Deadline(TIMEOUT_MS, signal),
      intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
      lastSeen: () => `the machine is ${state} and has none`,
    },
  );
}

function ended(id: string, state: string, reason: DaskFleetError | undefined): DaskFleetError {
  const why = reason === undefined ? "EC2 does not say why." : reason.message;
  const options = { cause: reason, meaning: reason?.meaning };
  return new DaskFleetError("MACHINE_CREATE_FAILED", `The machine ${id} is ${state}. ${why}`, options);
}
