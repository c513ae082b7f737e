import type { ImageReference } from "@azure/arm-compute";

import { invalid } from "../../../src/options/invalid.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { AzureApi } from "../api/client.ts";
import { findNetwork, findSecurityGroup, type Network } from "../network/network.ts";
import { assertKnownFields } from "../options/override-names.ts";
import { type ResolvedAzureOptions, sizeOf } from "../options/resolved-options.ts";
import type { Named } from "../tags/names.ts";
import { imageFor } from "./image.ts";
import { describeSizes, type MachineType } from "./machine-types.ts";

/** What a role's machines are made of. */
export interface RoleDiscovery {
  readonly size: string;
  readonly image: ImageReference;
  readonly hasGpu: boolean;
  /** Whether its machines can have Secure Boot and a virtual TPM. */
  readonly trustedLaunch: boolean;
}

/** What exists before the cluster: all that its machines are asked for with. */
export interface Discovery {
  readonly network: Network;
  /** Id of the user's own network security group. */
  readonly securityGroup: string | undefined;
  readonly roles: Readonly<Record<MachineRole, RoleDiscovery>>;
}

/** Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(
  api: AzureApi,
  options: ResolvedAzureOptions,
  cluster: Named,
  signal: AbortSignal,
): Promise<Discovery> {
  const [network, securityGroup, roles] = await Promise.all([
    findNetwork(api, options, cluster, signal),
    findSecurityGroup(api, options, signal),
    discoverRoles(api, options, signal),
    assertKnownFields(options.extraVmOptions),
  ]);
  return { network, securityGroup, roles };
}

async function discoverRoles(
  api: AzureApi,
  options: ResolvedAzureOptions,
  signal: AbortSignal,
): Promise<Discovery["roles"]> {
  const { location, zones } = options;
  const names = [...new Set([sizeOf("scheduler", options), sizeOf("worker", options)])];
  const types = await describeSizes(api, names, location, signal);
  const images = new Map(
    await Promise.all(
      [...types].map(async ([name, type]) => {
        assertZones(type, zones, location);
        if (name === options.workerInstanceType) assertSpot(type, options);
        return [name, await imageFor(api, options, type, signal)] as const;
      }),
    ),
  );
  const found = (role: MachineRole): RoleDiscovery => {
    const size = sizeOf(role, options);
    const { reference = {}, trustedLaunch = false } = images.get(size) ?? {};
    return { size, image: reference, hasGpu: types.get(size)?.gpu ?? false, trustedLaunch };
  };
  return { scheduler: found("scheduler"), worker: found("worker") };
}

function assertZones({ name, zones }: MachineType, wanted: readonly string[], location: string): void {
  const missing = wanted.find((zone) => !zones.includes(zone));
  if (missing === undefined) return;
  const there = zones.length === 0 ? "no zone" : `the zones ${zones.join(", ")}`;
  throw invalid(
    `The zone ${missing} of ${location} has no machines of the size ${name}. This subscription has them in ${there}.`,
  );
}

function assertSpot({ name, spot: isThere }: MachineType, { spot }: ResolvedAzureOptions): void {
  if (spot === false || isThere) return;
  throw invalid(`The size ${name} has no spot machines. Take another size, or leave out the \`spot\` option.`);
}
