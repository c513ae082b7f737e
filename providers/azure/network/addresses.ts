import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterfaceIPConfiguration } from "@azure/arm-network";

import { type Addresses, withAddresses } from "../../../src/cloud/machines/addresses.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import type { AzureApi } from "../api/client.ts";
import { nameIn, parseId } from "../api/resource-id.ts";
import { isNotFound } from "../errors/azure-error.ts";
import { machineNamed } from "../machines/machines.ts";

interface Wanted {
  readonly resourceGroup: string;
  readonly isPublic: boolean;
  readonly pollIntervalMs: number;
}

const NONE: Addresses = { privateAddress: undefined, publicAddress: undefined };
const LONGEST_PAUSE_MS = 3000;

/** Waits until a machine has its addresses: lists do not have them. */
export async function machineWithAddresses(
  api: AzureApi,
  machine: Machine,
  { resourceGroup, isPublic, pollIntervalMs }: Wanted,
  signal: AbortSignal,
): Promise<Machine> {
  return await withAddresses(machine, {
    kind: "virtual machine",
    isPublic,
    look: async () => {
      const vm = await machineNamed(api, resourceGroup, machine.id, signal);
      if (vm === undefined) return undefined;
      return { addresses: await addressesOf(api, vm, signal), state: vm.provisioningState };
    },
    intervalMs: Math.min(pollIntervalMs, LONGEST_PAUSE_MS),
    signal,
  });
}

/** A machine's addresses are its interface's; the public one is a separate resource. */
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
