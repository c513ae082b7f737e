import { NotUnderstood, type WireRequest } from "../core/http-cloud.ts";

const PAGED = ["limit", "page"];
const SORTED = ["sortBy", "sortOrder"];
const LISTED = [...PAGED, ...SORTED, "compartmentId", "displayName", "lifecycleState"];

/** The operations that are simulated, with the query parameters that this simulation knows of each. */
export const ROUTES = {
  LaunchInstance: ["POST", "/instances", []],
  ListInstances: ["GET", "/instances", [...LISTED, "availabilityDomain"]],
  GetInstance: ["GET", "/instances/{instanceId}", []],
  UpdateInstance: ["PUT", "/instances/{instanceId}", []],
  TerminateInstance: [
    "DELETE",
    "/instances/{instanceId}",
    ["preserveBootVolume", "preserveDataVolumesCreatedAtLaunch"],
  ],
  InstanceAction: ["POST", "/instances/{instanceId}", ["action"]],
  ListVnicAttachments: [
    "GET",
    "/vnicAttachments",
    [...PAGED, "compartmentId", "availabilityDomain", "instanceId", "vnicId"],
  ],
  GetVnicAttachment: ["GET", "/vnicAttachments/{vnicAttachmentId}", []],
  GetVnic: ["GET", "/vnics/{vnicId}", []],
  ListPrivateIps: ["GET", "/privateIps", [...PAGED, "ipAddress", "subnetId", "vnicId"]],
  GetPublicIpByPrivateIpId: ["POST", "/publicIps/actions/getByPrivateIpId", []],
  ListImages: ["GET", "/images", [...LISTED, "operatingSystem", "operatingSystemVersion", "shape"]],
  GetImage: ["GET", "/images/{imageId}", []],
  ListImageShapeCompatibilityEntries: ["GET", "/images/{imageId}/shapes", PAGED],
  ListShapes: ["GET", "/shapes", [...PAGED, "compartmentId", "availabilityDomain", "imageId", "shape"]],
  CreateComputeCapacityReport: ["POST", "/computeCapacityReports", []],
  ListBootVolumes: ["GET", "/bootVolumes", [...PAGED, "compartmentId", "availabilityDomain"]],
  GetBootVolume: ["GET", "/bootVolumes/{bootVolumeId}", []],
  UpdateBootVolume: ["PUT", "/bootVolumes/{bootVolumeId}", []],
  DeleteBootVolume: ["DELETE", "/bootVolumes/{bootVolumeId}", []],
  ListBootVolumeAttachments: [
    "GET",
    "/bootVolumeAttachments",
    [...PAGED, "compartmentId", "availabilityDomain", "instanceId", "bootVolumeId"],
  ],
  ListVolumes: ["GET", "/volumes", [...LISTED, "availabilityDomain"]],
  ListVolumeAttachments: ["GET", "/volumeAttachments", [...PAGED, "compartmentId", "instanceId", "availabilityDomain"]],
  CaptureConsoleHistory: ["POST", "/instanceConsoleHistories", []],
  ListConsoleHistories: [
    "GET",
    "/instanceConsoleHistories",
    [...PAGED, ...SORTED, "compartmentId", "instanceId", "availabilityDomain", "lifecycleState"],
  ],
  GetConsoleHistory: ["GET", "/instanceConsoleHistories/{instanceConsoleHistoryId}", []],
  GetConsoleHistoryContent: ["GET", "/instanceConsoleHistories/{instanceConsoleHistoryId}/data", ["offset", "length"]],
  DeleteConsoleHistory: ["DELETE", "/instanceConsoleHistories/{instanceConsoleHistoryId}", []],
  CreateInstanceConfiguration: ["POST", "/instanceConfigurations", []],
  ListInstanceConfigurations: ["GET", "/instanceConfigurations", [...PAGED, ...SORTED, "compartmentId"]],
  GetInstanceConfiguration: ["GET", "/instanceConfigurations/{instanceConfigurationId}", []],
  DeleteInstanceConfiguration: ["DELETE", "/instanceConfigurations/{instanceConfigurationId}", []],
  CreateInstancePool: ["POST", "/instancePools", []],
  ListInstancePools: ["GET", "/instancePools", LISTED],
  GetInstancePool: ["GET", "/instancePools/{instancePoolId}", []],
  UpdateInstancePool: ["PUT", "/instancePools/{instancePoolId}", []],
  TerminateInstancePool: ["DELETE", "/instancePools/{instancePoolId}", []],
  ListInstancePoolInstances: [
    "GET",
    "/instancePools/{instancePoolId}/instances",
    [...PAGED, ...SORTED, "compartmentId", "displayName"],
  ],
  GetInstancePoolInstance: ["GET", "/instancePools/{instancePoolId}/instances/{instanceId}", []],
  DetachInstancePoolInstance: ["POST", "/instancePools/{instancePoolId}/actions/detachInstance", []],
  CreateVcn: ["POST", "/vcns", []],
  ListVcns: ["GET", "/vcns", LISTED],
  GetVcn: ["GET", "/vcns/{vcnId}", []],
  DeleteVcn: ["DELETE", "/vcns/{vcnId}", []],
  CreateSubnet: ["POST", "/subnets", []],
  ListSubnets: ["GET", "/subnets", [...LISTED, "vcnId"]],
  GetSubnet: ["GET", "/subnets/{subnetId}", []],
  DeleteSubnet: ["DELETE", "/subnets/{subnetId}", []],
  CreateInternetGateway: ["POST", "/internetGateways", []],
  ListInternetGateways: ["GET", "/internetGateways", [...LISTED, "vcnId"]],
  GetInternetGateway: ["GET", "/internetGateways/{igId}", []],
  DeleteInternetGateway: ["DELETE", "/internetGateways/{igId}", []],
  ListRouteTables: ["GET", "/routeTables", [...LISTED, "vcnId"]],
  GetRouteTable: ["GET", "/routeTables/{rtId}", []],
  UpdateRouteTable: ["PUT", "/routeTables/{rtId}", []],
  ListSecurityLists: ["GET", "/securityLists", [...LISTED, "vcnId"]],
  GetSecurityList: ["GET", "/securityLists/{securityListId}", []],
  UpdateSecurityList: ["PUT", "/securityLists/{securityListId}", []],
  CreateNetworkSecurityGroup: ["POST", "/networkSecurityGroups", []],
  ListNetworkSecurityGroups: ["GET", "/networkSecurityGroups", [...LISTED, "vcnId"]],
  GetNetworkSecurityGroup: ["GET", "/networkSecurityGroups/{networkSecurityGroupId}", []],
  UpdateNetworkSecurityGroup: ["PUT", "/networkSecurityGroups/{networkSecurityGroupId}", []],
  DeleteNetworkSecurityGroup: ["DELETE", "/networkSecurityGroups/{networkSecurityGroupId}", []],
  ListNetworkSecurityGroupSecurityRules: [
    "GET",
    "/networkSecurityGroups/{networkSecurityGroupId}/securityRules",
    [...PAGED, ...SORTED, "direction"],
  ],
  AddNetworkSecurityGroupSecurityRules: [
    "POST",
    "/networkSecurityGroups/{networkSecurityGroupId}/actions/addSecurityRules",
    [],
  ],
  UpdateNetworkSecurityGroupSecurityRules: [
    "POST",
    "/networkSecurityGroups/{networkSecurityGroupId}/actions/updateSecurityRules",
    [],
  ],
  RemoveNetworkSecurityGroupSecurityRules: [
    "POST",
    "/networkSecurityGroups/{networkSecurityGroupId}/actions/removeSecurityRules",
    [],
  ],
  ListNetworkSecurityGroupVnics: [
    "GET",
    "/networkSecurityGroups/{networkSecurityGroupId}/vnics",
    [...PAGED, ...SORTED],
  ],
  ListAvailabilityDomains: ["GET", "/availabilityDomains", ["compartmentId"]],
  ListFaultDomains: ["GET", "/faultDomains", ["compartmentId", "availabilityDomain"]],
  ListCompartments: [
    "GET",
    "/compartments",
    [...PAGED, ...SORTED, "compartmentId", "accessLevel", "compartmentIdInSubtree", "name", "lifecycleState"],
  ],
  GetCompartment: ["GET", "/compartments/{compartmentId}", []],
  GetTenancy: ["GET", "/tenancies/{tenancyId}", []],
  GetUser: ["GET", "/users/{userId}", []],
  ListRegionSubscriptions: ["GET", "/tenancies/{tenancyId}/regionSubscriptions", []],
  ListTagNamespaces: ["GET", "/tagNamespaces", [...PAGED, "compartmentId", "includeSubcompartments", "lifecycleState"]],
  ListWorkRequests: ["GET", "/workRequests", [...PAGED, "compartmentId", "resourceId"]],
  GetWorkRequest: ["GET", "/workRequests/{workRequestId}", []],
  ListWorkRequestErrors: ["GET", "/workRequests/{workRequestId}/errors", [...PAGED, "sortOrder"]],
  // A service of its own, which the SDK for JavaScript has in another package.
  GetResourceAvailability: [
    "GET",
    "/20190729/services/{serviceName}/limits/{limitName}/resourceAvailability",
    ["compartmentId", "availabilityDomain"],
  ],
} as const satisfies Readonly<Record<string, readonly [string, string, readonly string[]]>>;

export type Operation = keyof typeof ROUTES;

export interface Route {
  readonly operation: Operation;
  /** What stands in the path, by name, decoded. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Of all services whose paths do not say it themselves. */
const VERSION = "/20160918";

const COMPILED = Object.entries(ROUTES).map(([operation, [verb, path, parameters]]) => {
  const pattern = path.replaceAll(/\{(\w+)\}/gu, (_whole: string, name: string) => `(?<${name}>[^/]+)`);
  const version = /^\/\d{8}\//u.test(path) ? "" : VERSION;
  const expression = new RegExp(`^${version}${pattern}/?$`, "u");
  return { operation: operation as Operation, verb, expression, parameters: parameters as readonly string[] };
});

/** @throws NotUnderstood for a path, a verb or a query parameter that the API does not have */
export function routeOf({ method, url }: Pick<WireRequest, "method" | "url">): Route {
  for (const { operation, verb, expression, parameters } of COMPILED) {
    const match = verb === method ? expression.exec(url.pathname) : null;
    if (match === null) continue;
    const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
    if (unknown !== undefined) throw new NotUnderstood(`${operation} has no parameter ${unknown}`);
    const parts = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
    return { operation, parts: Object.fromEntries(parts) as Record<string, string> };
  }
  throw new NotUnderstood(`no route ${method} ${url.pathname}`);
}
