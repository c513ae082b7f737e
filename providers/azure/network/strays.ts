import type { Disk } from "@azure/arm-compute";
import type { NetworkInterface, PublicIPAddress } from "@azure/arm-network";

import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import { isWhose } from "../../../src/provider/tags.ts";
import type { AzureApi } from "../api/client.ts";
import { remove, inTurn } from "../api/operations.ts";
import type { Where } from "../machines/machines.ts";
import type { Tags } from "../tags/tags.ts";

/** A resource that outlived its machine, or was created for one that never came to be. */
export interface Stray {
  readonly kind: "network interface" | "public address" | "disk";
  readonly name: string;
  readonly tags: Tags;
}

/** Azure deletes such resources with their machines; this finds what it left. */
export async function findStrays(api: AzureApi, where: Where, signal: AbortSignal): Promise<readonly Stray[]> {
  const { resourceGroup, whose } = where;
  const [interfaces, addresses, disks] = await Promise.all([
    api.list<NetworkInterface>("NetworkInterfaces_List", signal, ({ network }) =>
      network.networkInterfaces.list(resourceGroup),
    ),
    api.list<PublicIPAddress>("PublicIPAddresses_List", signal, ({ network }) =>
      network.publicIPAddresses.list(resourceGroup),
    ),
    api.list<Disk>("Disks_ListByResourceGroup", signal, ({ compute }) =>
      compute.disks.listByResourceGroup(resourceGroup),
    ),
  ]);
  const stray =
    (kind: Stray["kind"]) =>
    ({ name = "", tags }: { readonly name?: string; readonly tags?: Tags }): Stray[] =>
      isWhose(whose, tags) ? [{ kind, name, tags }] : [];
  return [
    ...interfaces.filter(({ virtualMachine }) => virtualMachine === undefined).flatMap(stray("network interface")),
    ...addresses.filter(({ ipConfiguration }) => ipConfiguration === undefined).flatMap(stray("public address")),
    ...disks.filter(({ managedBy }) => managedBy === undefined).flatMap(stray("disk")),
  ];
}

/** Removes resources without a machine. An address is free only when its interface is gone. */
export async function removeStrays(api: AzureApi, where: Where, signal: AbortSignal): Promise<void> {
  const removeAll = async (strays: readonly Stray[]): Promise<void> =>
    throwRejected(
      await Promise.allSettled(strays.map(({ kind, name }) => DELETIONS[kind](api, where.resourceGroup, name, signal))),
    );
  const strays = await findStrays(api, where, signal);
  const addresses = async (): Promise<void> => {
    if (!strays.some(({ kind }) => kind === "network interface")) return;
    const rest = await findStrays(api, where, signal);
    await removeAll(rest.filter(({ kind }) => kind === "public address"));
  };
  throwRejected(await inTurn([() => removeAll(strays), addresses], signal));
}

type Deletion = (api: AzureApi, group: string, name: string, signal: AbortSignal) => Promise<void>;

const DELETIONS: Readonly<Record<Stray["kind"], Deletion>> = {
  disk: (api, group, name, signal) =>
    remove(api, { action: "Disks_Delete", service: "compute" }, signal, ({ disks }) => disks.delete(group, name)),
  "network interface": (api, group, name, signal) =>
    remove(api, { action: "NetworkInterfaces_Delete", service: "network" }, signal, ({ networkInterfaces }) =>
      networkInterfaces.delete(group, name),
    ),
  "public address": (api, group, name, signal) =>
    remove(api, { action: "PublicIPAddresses_Delete", service: "network" }, signal, ({ publicIPAddresses }) =>
      publicIPAddresses.delete(group, name),
    ),
};
