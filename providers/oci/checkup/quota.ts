import { countedKinds, type Limit, roomIn } from "../../../src/cloud/checkup/quota.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { OciApi } from "../api/client.ts";
import { limitsPage } from "../errors/failure.ts";
import { isNotFound } from "../errors/oci-error.ts";
import { domainNamed, domainsAndShapes } from "../machines/discovery.ts";
import { configOf, type FoundShape } from "../machines/machine-types.ts";
import { shapesOf, sizeOf } from "../options/kinds.ts";
import { listOf, type ResolvedOciOptions } from "../options/resolved-options.ts";

interface Availability {
  readonly used?: number;
  readonly available?: number;
}

/** Whether a cluster fits into the service limits of one availability domain, the preferred one. Of a kind's shapes, the first is preferred. */
export async function quota(api: OciApi, options: ResolvedOciOptions, signal: AbortSignal): Promise<Observation> {
  const [domains, shapes] = await domainsAndShapes(api, signal);
  const option = "availabilityDomain";
  const asked = listOf(options.availabilityDomain).map((wish) => domainNamed(wish, { domains, option }));
  const [domain = ""] = [...asked, ...domains];
  const needed = needsOf(options, shapes);
  const limits = await Promise.all(
    [...needed].map(async ([name, amount]) => await limitOf(api, { name, domain, needed: amount }, signal)),
  );
  const known = limits.filter((limit) => limit !== undefined);
  if (known.length === 0) {
    const remedy = "Seeing them needs the policy `read resource-availability in tenancy`. No cluster needs it.";
    return { state: "unknown", found: "OCI shows no service limit of these shapes", remedy };
  }
  return roomIn(known, `Ask for more at ${limitsPage(api)}, or take fewer or smaller workers.`);
}

/** How much machines need of each limit, by its name: of the kinds together, since they share limits. */
function needsOf(options: ResolvedOciOptions, shapes: ReadonlyMap<string, FoundShape>): ReadonlyMap<string, number> {
  const needed = new Map<string, number>();
  for (const kind of countedKinds(options)) {
    const [name = ""] = shapesOf(kind);
    const shape = shapes.get(name)?.shape;
    if (shape === undefined) continue;
    const { ocpus = shape.ocpus ?? 0, memoryInGBs = shape.memoryInGBs ?? 0 } =
      configOf(name, sizeOf(kind), shape) ?? {};
    for (const limit of shape.quotaNames ?? []) {
      const each = /memory/.test(limit) ? memoryInGBs : /gpu/.test(limit) ? (shape.gpus ?? 0) : ocpus;
      needed.set(limit, (needed.get(limit) ?? 0) + kind.count * each);
    }
  }
  return needed;
}

async function limitOf(
  api: OciApi,
  { name, domain, needed }: { readonly name: string; readonly domain: string; readonly needed: number },
  signal: AbortSignal,
): Promise<Limit | undefined> {
  const query = new URLSearchParams({ compartmentId: api.tenancy ?? api.compartmentId, availabilityDomain: domain });
  const path = `/20190729/services/compute/limits/${encodeURIComponent(name)}/resourceAvailability?${query.toString()}`;
  try {
    const answer = (await api.ask("limits", "GetResourceAvailability", path, signal)) as Availability | null;
    const { used, available } = answer ?? {};
    if (typeof used !== "number" || typeof available !== "number") return undefined;
    return { name, used, limit: used + available, needed };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
