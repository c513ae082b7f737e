import { NotUnderstood, type WireRequest } from "../core/http-cloud.ts";

/** The routes that are simulated, as the official description has them, with the query parameters that each takes. */
const ROUTES = [
  ["getAccount", "GET", /^\/v2\/account$/, []],
  ["listSizes", "GET", /^\/v2\/sizes$/, ["per_page", "page"]],
  ["listRegions", "GET", /^\/v2\/regions$/, ["per_page", "page"]],
  ["listImages", "GET", /^\/v2\/images$/, ["type", "private", "tag_name", "per_page", "page"]],
  ["getImage", "GET", /^\/v2\/images\/(?<id>[^/]+)$/, []],
  ["listVpcs", "GET", /^\/v2\/vpcs$/, ["per_page", "page"]],
  ["getVpc", "GET", /^\/v2\/vpcs\/(?<id>[^/]+)$/, []],
  ["createDroplets", "POST", /^\/v2\/droplets$/, []],
  ["listDroplets", "GET", /^\/v2\/droplets$/, ["per_page", "page", "tag_name", "name", "type"]],
  ["deleteDropletsByTag", "DELETE", /^\/v2\/droplets$/, ["tag_name"]],
  ["getDroplet", "GET", /^\/v2\/droplets\/(?<id>\d+)$/, []],
  ["deleteDroplet", "DELETE", /^\/v2\/droplets\/(?<id>\d+)$/, []],
  ["createFirewall", "POST", /^\/v2\/firewalls$/, []],
  ["listFirewalls", "GET", /^\/v2\/firewalls$/, ["per_page", "page"]],
  ["getFirewall", "GET", /^\/v2\/firewalls\/(?<id>[^/]+)$/, []],
  ["deleteFirewall", "DELETE", /^\/v2\/firewalls\/(?<id>[^/]+)$/, []],
  ["createTag", "POST", /^\/v2\/tags$/, []],
  ["listTags", "GET", /^\/v2\/tags$/, ["per_page", "page"]],
  ["deleteTag", "DELETE", /^\/v2\/tags\/(?<id>[^/]+)$/, []],
] as const;

export type Operation = (typeof ROUTES)[number][0];

export interface Route {
  readonly operation: Operation;
  /** What stands last in the path, decoded. */
  readonly id: string;
}

/** @throws NotUnderstood for a path, a verb or a query parameter that the API does not have */
export function routeOf({ method, url }: Pick<WireRequest, "method" | "url">): Route {
  for (const [operation, verb, path, parameters] of ROUTES) {
    const match = path.exec(url.pathname);
    if (verb !== method || match === null) continue;
    const unknown = [...url.searchParams.keys()].find((name) => !(parameters as readonly string[]).includes(name));
    if (unknown !== undefined) throw new NotUnderstood(`${operation} has no parameter ${unknown}`);
    return { operation, id: decodeURIComponent(match.groups?.["id"] ?? "") };
  }
  throw new NotUnderstood(`no route ${method} ${url.pathname}`);
}
