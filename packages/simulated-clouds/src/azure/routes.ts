import { NotUnderstood, type WireRequest } from "../core/http-cloud.ts";

const SUBSCRIPTION = "/subscriptions/{subscription}";
const GROUP = `${SUBSCRIPTION}/resourceGroups/{group}`;
const COMPUTE = `${GROUP}/providers/Microsoft.Compute`;
const NETWORK = `${GROUP}/providers/Microsoft.Network`;
const VM = `${COMPUTE}/virtualMachines/{name}`;
const VMSS = `${COMPUTE}/virtualMachineScaleSets/{name}`;
const PUBLISHER = `${SUBSCRIPTION}/providers/Microsoft.Compute/locations/{location}/publishers/{publisher}/artifacttypes/vmimage`;
const IMAGE_SKU = `${PUBLISHER}/offers/{offer}/skus`;

const COMPUTE_VERSION = ["2026-04-01"];
const DISK_VERSION = ["2026-03-02"];
const NETWORK_VERSION = ["2026-01-01"];
/** What `azure-delete-self.sh` sends on a machine, which has no SDK. */
const DELETE_VERSIONS = [...COMPUTE_VERSION, "2024-07-01"];

/** The routes that are simulated: as the SDK has them, each with its API versions and its query parameters. */
const ROUTES = [
  ["VirtualMachines_CreateOrUpdate", "PUT", VM, COMPUTE_VERSION, []],
  ["VirtualMachines_Get", "GET", VM, COMPUTE_VERSION, ["$expand"]],
  ["VirtualMachines_Delete", "DELETE", VM, DELETE_VERSIONS, ["forceDeletion"]],
  ["VirtualMachines_InstanceView", "GET", `${VM}/instanceView`, COMPUTE_VERSION, []],
  [
    "VirtualMachines_RetrieveBootDiagnosticsData",
    "POST",
    `${VM}/retrieveBootDiagnosticsData`,
    COMPUTE_VERSION,
    ["sasUriExpirationTimeInMinutes"],
  ],
  ["VirtualMachines_List", "GET", `${COMPUTE}/virtualMachines`, COMPUTE_VERSION, ["$filter", "$expand"]],
  ["VirtualMachineScaleSets_CreateOrUpdate", "PUT", VMSS, COMPUTE_VERSION, []],
  ["VirtualMachineScaleSets_Update", "PATCH", VMSS, COMPUTE_VERSION, []],
  ["VirtualMachineScaleSets_Get", "GET", VMSS, COMPUTE_VERSION, ["$expand"]],
  ["VirtualMachineScaleSets_Delete", "DELETE", VMSS, COMPUTE_VERSION, ["forceDeletion"]],
  ["VirtualMachineScaleSets_DeleteInstances", "POST", `${VMSS}/delete`, COMPUTE_VERSION, ["forceDeletion"]],
  ["VirtualMachineScaleSets_List", "GET", `${COMPUTE}/virtualMachineScaleSets`, COMPUTE_VERSION, []],
  [
    "VirtualMachineScaleSetVMs_List",
    "GET",
    `${VMSS}/virtualMachines`,
    COMPUTE_VERSION,
    ["$filter", "$select", "$expand"],
  ],
  ["Disks_Get", "GET", `${COMPUTE}/disks/{name}`, DISK_VERSION, []],
  ["Disks_Delete", "DELETE", `${COMPUTE}/disks/{name}`, DISK_VERSION, []],
  ["Disks_ListByResourceGroup", "GET", `${COMPUTE}/disks`, DISK_VERSION, []],
  ["Images_Get", "GET", `${COMPUTE}/images/{name}`, COMPUTE_VERSION, ["$expand"]],
  ["VirtualMachineImages_ListOffers", "GET", `${PUBLISHER}/offers`, COMPUTE_VERSION, []],
  ["VirtualMachineImages_ListSkus", "GET", IMAGE_SKU, COMPUTE_VERSION, []],
  ["VirtualMachineImages_List", "GET", `${IMAGE_SKU}/{sku}/versions`, COMPUTE_VERSION, ["$expand", "$top", "$orderby"]],
  ["VirtualMachineImages_Get", "GET", `${IMAGE_SKU}/{sku}/versions/{version}`, COMPUTE_VERSION, []],
  [
    "ResourceSkus_List",
    "GET",
    `${SUBSCRIPTION}/providers/Microsoft.Compute/skus`,
    ["2021-07-01"],
    ["$filter", "includeExtendedLocations"],
  ],
  [
    "Permissions_ListForResourceGroup",
    "GET",
    `${GROUP}/providers/Microsoft.Authorization/permissions`,
    ["2022-04-01"],
    [],
  ],
  ["Usage_List", "GET", `${SUBSCRIPTION}/providers/Microsoft.Compute/locations/{location}/usages`, COMPUTE_VERSION, []],
  [
    "Usages_List",
    "GET",
    `${SUBSCRIPTION}/providers/Microsoft.Network/locations/{location}/usages`,
    NETWORK_VERSION,
    [],
  ],
  ["NetworkSecurityGroups_CreateOrUpdate", "PUT", `${NETWORK}/networkSecurityGroups/{name}`, NETWORK_VERSION, []],
  ["NetworkSecurityGroups_Get", "GET", `${NETWORK}/networkSecurityGroups/{name}`, NETWORK_VERSION, ["$expand"]],
  ["NetworkSecurityGroups_Delete", "DELETE", `${NETWORK}/networkSecurityGroups/{name}`, NETWORK_VERSION, []],
  ["NetworkSecurityGroups_List", "GET", `${NETWORK}/networkSecurityGroups`, NETWORK_VERSION, []],
  [
    "ApplicationSecurityGroups_CreateOrUpdate",
    "PUT",
    `${NETWORK}/applicationSecurityGroups/{name}`,
    NETWORK_VERSION,
    [],
  ],
  ["ApplicationSecurityGroups_Get", "GET", `${NETWORK}/applicationSecurityGroups/{name}`, NETWORK_VERSION, []],
  ["ApplicationSecurityGroups_Delete", "DELETE", `${NETWORK}/applicationSecurityGroups/{name}`, NETWORK_VERSION, []],
  ["ApplicationSecurityGroups_List", "GET", `${NETWORK}/applicationSecurityGroups`, NETWORK_VERSION, []],
  ["VirtualNetworks_CreateOrUpdate", "PUT", `${NETWORK}/virtualNetworks/{name}`, NETWORK_VERSION, []],
  ["VirtualNetworks_Get", "GET", `${NETWORK}/virtualNetworks/{name}`, NETWORK_VERSION, ["$expand"]],
  ["VirtualNetworks_Delete", "DELETE", `${NETWORK}/virtualNetworks/{name}`, NETWORK_VERSION, []],
  ["VirtualNetworks_List", "GET", `${NETWORK}/virtualNetworks`, NETWORK_VERSION, []],
  ["Subnets_List", "GET", `${NETWORK}/virtualNetworks/{name}/subnets`, NETWORK_VERSION, []],
  ["Subnets_Get", "GET", `${NETWORK}/virtualNetworks/{name}/subnets/{subnet}`, NETWORK_VERSION, ["$expand"]],
  ["NetworkInterfaces_Get", "GET", `${NETWORK}/networkInterfaces/{name}`, NETWORK_VERSION, ["$expand"]],
  ["NetworkInterfaces_Delete", "DELETE", `${NETWORK}/networkInterfaces/{name}`, NETWORK_VERSION, []],
  ["NetworkInterfaces_List", "GET", `${NETWORK}/networkInterfaces`, NETWORK_VERSION, []],
  ["PublicIPAddresses_Get", "GET", `${NETWORK}/publicIPAddresses/{name}`, NETWORK_VERSION, ["$expand"]],
  ["PublicIPAddresses_Delete", "DELETE", `${NETWORK}/publicIPAddresses/{name}`, NETWORK_VERSION, []],
  ["PublicIPAddresses_List", "GET", `${NETWORK}/publicIPAddresses`, NETWORK_VERSION, []],
  [
    "Operations_Get",
    "GET",
    `${SUBSCRIPTION}/providers/{provider}/locations/{location}/operations/{name}`,
    undefined,
    ["p"],
  ],
  [
    "OperationResults_Get",
    "GET",
    `${SUBSCRIPTION}/providers/{provider}/locations/{location}/operationResults/{name}`,
    undefined,
    ["p"],
  ],
] as const;

export type Operation = (typeof ROUTES)[number][0];

export interface Route {
  readonly operation: Operation;
  /** What a role must allow, such as `Microsoft.Compute/virtualMachines/write`. */
  readonly action: string;
  /** What stands in the path, decoded: `group`, `name` … */
  readonly parts: Readonly<Record<string, string>>;
}

const VERBS = { GET: "read", PUT: "write", PATCH: "write", DELETE: "delete", POST: "action" } as const;

const COMPILED = ROUTES.map(([operation, verb, path, versions, parameters]) => ({
  operation,
  action: [...(path.split("/providers/")[1] ?? "").split("/").filter((step) => !step.includes("{")), VERBS[verb]].join(
    "/",
  ),
  verb,
  // Names in paths are the same in upper and lower case.
  pattern: new RegExp(`^${path.replaceAll(".", String.raw`\.`).replaceAll(/\{(\w+)\}/gu, "(?<$1>[^/]+)")}$`, "iu"),
  versions: versions as readonly string[] | undefined,
  parameters: new Set<string>(["api-version", ...(/List/u.test(operation) ? ["$skipToken"] : []), ...parameters]),
}));

/** @throws NotUnderstood for a path, verb, API version or query parameter that the SDK does not use */
export function routeOf({ method, url }: Pick<WireRequest, "method" | "url">): Route {
  for (const { operation, action, verb, pattern, versions, parameters } of COMPILED) {
    if (verb !== method) continue;
    const match = pattern.exec(url.pathname);
    if (match === null) continue;
    const unknown = [...url.searchParams.keys()].find((name) => !parameters.has(name));
    if (unknown !== undefined) throw new NotUnderstood(`${operation} has no parameter ${unknown}`);
    const version = url.searchParams.get("api-version") ?? "none";
    if (versions !== undefined && !versions.includes(version)) {
      throw new NotUnderstood(`${operation} with api-version ${version}`);
    }
    const parts = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { operation, action, parts: Object.fromEntries(parts) as Record<string, string> };
  }
  throw new NotUnderstood(`no route ${method} ${url.pathname}`);
}

/** What a role must allow for an operation. */
export function actionOf(operation: string): string {
  return COMPILED.find((each) => each.operation === operation)?.action ?? "";
}
