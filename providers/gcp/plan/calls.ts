import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { workerBatches } from "../../../src/cloud/plan/cloud-plan.ts";
import { callsTogether, changing, insisting, reading, waiting } from "../../../src/cloud/plan/planned-calls.ts";
import type { PlannedCalls, PlanRequest } from "../../../src/provider/plan.ts";
import { parseLink, regionOf } from "../api/links.ts";
import { gpusInZones, typesInZones } from "../machines/kinds.ts";
import { LARGEST_BATCH } from "../machines/launch.ts";
import { eachOnce } from "../machines/machine-types.ts";
import { allZones, type GcpKind } from "../options/kinds.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

/** A start with a name looks for others of it, at the beginning and again later. */
const LOOKS_FOR_THE_NAME = 2;

/**
 * Compute Engine's calls of a start and a close.
 *
 * @param rules firewall rules that are created
 */
export function plannedCalls(
  request: Pick<PlanRequest, "groups" | "isNamed">,
  options: ResolvedGcpOptions,
  rules: number,
): PlannedCalls {
  const workers = request.groups.reduce((sum, { size }) => sum + size, 0);
  const kinds = kindsOf(options, request.groups);
  const named = request.isNamed ? LOOKS_FOR_THE_NAME : 0;
  return {
    start: callsTogether(
      changing("firewalls.insert", rules),
      changing("instances.insert", 1),
      changing("instances.bulkInsert", workerBatches(request, LARGEST_BATCH)),
      ...networkCalls(options),
      reading("machineTypes.get", eachOnce(kinds.flatMap(typesInZones)).length),
      reading("acceleratorTypes.get", eachOnce(kinds.flatMap(gpusInZones)).length),
      ...imageCalls(kinds),
      ...(request.isNamed ? [waiting("firewalls.list", named), waiting("disks.aggregatedList", named)] : []),
      waiting("instances.get"),
      waiting("instances.list"),
      waiting("instances.aggregatedList", named),
      waiting("globalOperations.wait"),
      waiting("zoneOperations.wait"),
      waiting("instances.getSerialPortOutput"),
    ),
    close: callsTogether(
      insisting("instances.delete", 1 + workers),
      insisting("firewalls.delete", rules),
      waiting("instances.aggregatedList", 1),
      waiting("instances.list"),
      waiting("instances.get"),
      waiting("firewalls.get"),
      waiting("firewalls.list", 1),
      waiting("disks.aggregatedList", 1),
      waiting("globalOperations.wait"),
      waiting("zoneOperations.wait"),
    ),
  };
}

function networkCalls(options: ResolvedGcpOptions): ReturnType<typeof reading>[] {
  const regions = new Set(allZones(options).map(regionOf));
  if (options.subnetwork !== undefined) return [waiting("subnetworks.get", regions.size)];
  return [reading("networks.get", 1), waiting("subnetworks.get")];
}

/** Each image that options name is looked up. A process looks the newest Ubuntu up once an hour, under two names. */
function imageCalls(kinds: readonly GcpKind[]): ReturnType<typeof reading>[] {
  return [...new Set(kinds.map(({ options }) => options.sourceImage))].map((image) => {
    if (image === undefined) return waiting("images.getFromFamily");
    const { family = false } = parseLink(image) ?? {};
    return reading(family || image.startsWith("family/") ? "images.getFromFamily" : "images.get", 1);
  });
}
