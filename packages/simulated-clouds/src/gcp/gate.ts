import { ApiError, forbidden, invalidField, notFound } from "./api-error.ts";
import { REGIONS, regionOf, ZONES } from "./catalog/zones.ts";
import type { ApiCall } from "./parse-request.ts";
import type { Account } from "./state/account.ts";
import { numberOf } from "./state/identity.ts";
import type { RateLimits } from "./state/rate-limits.ts";

/** What the API's own permissions are called where they have not their method's name. */
const PERMISSION_VERBS: Readonly<Record<string, string>> = {
  aggregatedList: "list",
  wait: "get",
  getFromFamily: "get",
};
/** These ask for their permissions themselves, once they know what they are about. */
const OWN_PERMISSIONS = new Set([
  "instances.insert",
  "instances.bulkInsert",
  "regionInstances.bulkInsert",
  "firewalls.insert",
  "firewalls.patch",
  "firewalls.delete",
]);

/** What stands between a request that is understood and its method. Throws where it goes no further. */
export function passGate(account: Account, limits: RateLimits | undefined, call: ApiCall): void {
  const { project = "", zone, region } = call.parameters;
  const { operation } = call.route;
  if (!account.apiEnabled) throw serviceDisabled(project, "compute.googleapis.com", "Compute Engine API");
  if (!account.knows(project)) throw notFound(`projects/${project}`);
  limits?.take(quotaGroup(operation), region ?? (zone === undefined ? "global" : regionOf(zone)), account.project);
  needPermission(account, call);
  account.refusals.inReply(operation, resourcePath(call));
  if (zone !== undefined && operation !== "zones.get" && !ZONES.includes(zone)) {
    throw invalidField("zone", zone, "Unknown zone.");
  }
  if (region !== undefined && operation !== "regions.get" && !REGIONS.includes(region)) {
    throw invalidField("region", region, "Unknown region.");
  }
}

function needPermission(account: Account, call: ApiCall): void {
  const { operation, parameters } = call.route;
  const { project = "" } = parameters;
  const [service = "", method = ""] = operation.split(".");
  if (!account.owns(project)) {
    // Of the projects of others, the public images are everybody's.
    if (service === "images") return;
    throw forbidden(`compute.${service}.${method}`, `projects/${project}`);
  }
  if (OWN_PERMISSIONS.has(operation)) return;
  account.permissions.need(`compute.${service}.${PERMISSION_VERBS[method] ?? method}`, resourcePath(call));
}

function resourcePath({ route }: ApiCall): string {
  const { project = "", zone, region, ...rest } = route.parameters;
  const [collection = ""] = route.operation.split(".");
  const place = zone === undefined ? (region === undefined ? "" : `/regions/${region}`) : `/zones/${zone}`;
  const [name] = Object.values(rest);
  return `projects/${project}${place}${name === undefined ? "" : `/${collection}/${name}`}`;
}

/** The cloud counts requests of a kind together. */
function quotaGroup(operation: string): string {
  const [service = "", method = ""] = operation.split(".");
  if (service.endsWith("Operations") && method !== "list") return "OperationReadRequests";
  if (method === "list" || method === "aggregatedList") return "ListRequests";
  if (method === "getSerialPortOutput") return "GetSerialPortOutputRequests";
  return method.startsWith("get") ? "ReadRequests" : "Queries";
}

export function serviceDisabled(project: string, service: string, title: string): ApiError {
  const url = `https://console.developers.google.com/apis/api/${service}/overview?project=${project}`;
  const metadata = { service, consumer: `projects/${project}`, activationUrl: url };
  return new ApiError(
    {
      code: 403,
      reason: "accessNotConfigured",
      domain: "usageLimits",
      status: "PERMISSION_DENIED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.Help",
          links: [{ description: "Google developers console API activation", url }],
        },
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "SERVICE_DISABLED",
          domain: "googleapis.com",
          metadata,
        },
      ],
    },
    `${title} has not been used in project ${numberOf(project)} before or it is disabled. Enable it by ` +
      `visiting ${url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
  );
}
