import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterfaceIPConfiguration } from "@azure/arm-network";

import { Deadline } from "../../../src/deadline.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { poll } from "../../../src/wait.ts";
import type { AzureApi } from "../api/client.ts";
import { nameIn, parseId } from "../api/resource-id.ts";
import { isNotFound } from "../errors/azure-error.ts";
import { machineNamed } from "../machines/machines.ts";

/** What is known of a machine's addresses so far. */
export interface Addresses {
  readonly privateAddress: string | undefined;
  readonly publicAddress: string | undefined;
}

interface Wanted {
  readonly resourceGroup: string;
  readonly isPublic: boolean;
  readonly pollIntervalMs: number;
}

const NONE: Addresses = { privateAddress: undefined, publicAddress: undefined };
const TIMEOUT_MS = 120_000;
const LONGEST_PAUSE_MS = 3000;

/** Whether all is known that others need to reach a machine. */
export function hasAddresses({ privateAddress, publicAddress }: Partial<Addresses>, isPublic: boolean): boolean {
  return privateAddress !== undefined && (!isPublic || publicAddress !== undefined);
}

/** Waits until a machine has its addresses: lists do not have them. */
export async function withAddresses(
  api: AzureApi,
  machine: Machine,
  { resourceGroup, isPublic, pollIntervalMs }: Wanted,
  signal: AbortSignal,
): Promise<Machine> {
  return await poll(
    async () => {
      const vm = await machineNamed(api, resourceGroup, machine.id, signal);
      const addresses = vm === undefined ? NONE : await addressesOf(api, vm, signal);
      return hasAddresses(addresses, isPublic) ? { ...machine, ...addresses } : undefined;
    },
    {
      what: `the addresses of the machine ${machine.id}`,
      deadline: new Deadline(TIMEOUT_MS, signal),
      intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
    },
  );
}

/** A machine's addresses are those of its interface, and the public one is a thing of its own. */
export async function addressesOf(api: AzureApi, vm: VirtualMachine, signal: AbortSignal): Promise<Addresses> {
  const found = await interfaceOf(api, vm, signal);
  if (found === undefined) return NONE;
  const { privateIPAddress: privateAddress, publicIPAddress } = found;
  return { privateAddress, publicAddress: await publicAddress(api, publicIPAddress?.id, signal) };
}

async function interfaceOf(
  api: AzureApi,
  { networkProfile }: VirtualMachine,
  signal: AbortSignal,
): Promise<NetworkInterfaceIPConfiguration | undefined> {
  const id = networkProfile?.networkInterfaces?.[0]?.id;
  const group = parseId(id)?.resourceGroup;
  if (group === undefined) return undefined;
  const card = await unlessAbsent(
    api.call("NetworkInterfaces_Get", signal, ({ network }) => network.networkInterfaces.get(group, nameIn(id))),
  );
  return card?.ipConfigurations?.[0];
}

async function publicAddress(api: AzureApi, id: string | undefined, signal: AbortSignal): Promise<string | undefined> {
  const group = parseId(id)?.resourceGroup;
  if (group === undefined) return undefined;
  const address = await unlessAbsent(
    api.call("PublicIPAddresses_Get", signal, ({ network }) => network.publicIPAddresses.get(group, nameIn(id))),
  );
  return address?.ipAddress;
}

async function unlessAbsent<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
