import { ownFile } from "../../../src/files/own-file.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { AzureApi } from "../api/client.ts";
import { makesNetwork } from "../network/network.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";

const COMPUTE = [
  "Microsoft.Compute/disks/delete",
  "Microsoft.Compute/disks/read",
  "Microsoft.Compute/locations/diskOperations/read",
  "Microsoft.Compute/locations/operations/read",
  "Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read",
  "Microsoft.Compute/skus/read",
  "Microsoft.Compute/virtualMachineScaleSets/delete",
  "Microsoft.Compute/virtualMachineScaleSets/delete/action",
  "Microsoft.Compute/virtualMachineScaleSets/read",
  "Microsoft.Compute/virtualMachineScaleSets/write",
  "Microsoft.Compute/virtualMachines/delete",
  "Microsoft.Compute/virtualMachines/read",
  "Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action",
  "Microsoft.Compute/virtualMachines/write",
];
const NETWORK = [
  "Microsoft.Network/applicationSecurityGroups/read",
  "Microsoft.Network/locations/operationResults/read",
  "Microsoft.Network/locations/operations/read",
  "Microsoft.Network/networkInterfaces/delete",
  "Microsoft.Network/networkInterfaces/join/action",
  "Microsoft.Network/networkInterfaces/read",
  "Microsoft.Network/networkInterfaces/write",
  "Microsoft.Network/networkSecurityGroups/join/action",
  "Microsoft.Network/networkSecurityGroups/read",
  "Microsoft.Network/publicIPAddresses/delete",
  "Microsoft.Network/publicIPAddresses/read",
  "Microsoft.Network/virtualNetworks/read",
  "Microsoft.Network/virtualNetworks/subnets/join/action",
];
const OWN_FIREWALL = [
  "Microsoft.Network/applicationSecurityGroups/delete",
  "Microsoft.Network/applicationSecurityGroups/joinIpConfiguration/action",
  "Microsoft.Network/applicationSecurityGroups/joinNetworkSecurityRule/action",
  "Microsoft.Network/applicationSecurityGroups/write",
  "Microsoft.Network/networkSecurityGroups/delete",
  "Microsoft.Network/networkSecurityGroups/write",
];
const OWN_NETWORK = ["Microsoft.Network/virtualNetworks/delete", "Microsoft.Network/virtualNetworks/write"];
const PUBLIC_ADDRESSES = [
  "Microsoft.Network/publicIPAddresses/join/action",
  "Microsoft.Network/publicIPAddresses/write",
];

type Wishes = Pick<ResolvedAzureOptions, "securityGroup" | "vnet" | "subnet" | "publicIp" | "workerPublicIp">;

/** What of the documented role a cluster with these options needs. */
export function neededActions(options: Wishes): readonly string[] {
  return [
    ...COMPUTE,
    ...NETWORK,
    ...(options.securityGroup === undefined ? OWN_FIREWALL : []),
    ...(makesNetwork(options) ? OWN_NETWORK : []),
    ...(options.publicIp || options.workerPublicIp ? PUBLIC_ADDRESSES : []),
  ];
}

/** One role of those who ask, as Azure's answer has it. */
export interface Role {
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
}

/** Azure tells the caller's roles on a resource group, inherited ones included. */
export async function permissions(
  api: AzureApi,
  options: ResolvedAzureOptions,
  signal: AbortSignal,
): Promise<Observation> {
  const group = `/subscriptions/${api.subscriptionId}/resourceGroups/${encodeURIComponent(options.resourceGroup)}`;
  const path = `${group}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
  const { value } = ((await api.ask("Permissions_ListForResourceGroup", path, signal)) ?? {}) as { value?: unknown };
  const roles = Array.isArray(value) ? (value as readonly Role[]) : [];
  const needed = neededActions(options);
  const missing = needed.filter((action) => !roles.some((role) => allows(role, action)));
  const where = `on the resource group ${options.resourceGroup}`;
  if (missing.length === 0) return { state: "good", found: `all ${needed.length} that a cluster needs ${where}` };
  return {
    state: "bad",
    found: `missing ${where}: ${missing.join(", ")}`,
    remedy: `Assign the role in ${ownFile("docs/providers/azure.md")} on it. A role that was assigned a moment ago takes some minutes to apply.`,
  };
}

export function allows({ actions = [], notActions = [] }: Role, action: string): boolean {
  const isIn = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(pattern, action));
  return isIn(actions) && !isIn(notActions);
}

/** `*` stands for anything, slashes included; case does not count. */
function matches(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split("*");
  const text = action.toLowerCase();
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= text.length - last.length;
}
