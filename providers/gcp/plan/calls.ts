import { workerBatches } from "../../../src/cloud/plan/cloud-plan.ts";
import { callsTogether, changing, insisting, reading, waiting } from "../../../src/cloud/plan/planned-calls.ts";
import type { PlannedCalls, PlanRequest } from "../../../src/provider/plan.ts";
import { parseLink, regionOf } from "../api/links.ts";
import { LARGEST_BATCH } from "../machines/launch.ts";
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
  const named = request.isNamed ? LOOKS_FOR_THE_NAME : 0;
  return {
    start: callsTogether(
      changing("firewalls.insert", rules),
      changing("instances.insert", 1),
      changing("instances.bulkInsert", workerBatches(request, LARGEST_BATCH)),
      ...networkCalls(options),
      reading("machineTypes.get", typesOf(options).length * options.zones.length),
      ...imageCalls(options),
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

function typesOf({ schedulerInstanceType, workerInstanceType }: ResolvedGcpOptions): readonly string[] {
  return [...new Set([schedulerInstanceType, workerInstanceType])];
}

function networkCalls({ subnetwork, zones }: ResolvedGcpOptions): ReturnType<typeof reading>[] {
  if (subnetwork !== undefined) return [waiting("subnetworks.get", new Set(zones.map(regionOf)).size)];
  return [reading("networks.get", 1), waiting("subnetworks.get")];
}

/** A process looks the newest Ubuntu up once an hour, under two names. */
function imageCalls({ sourceImage }: ResolvedGcpOptions): ReturnType<typeof reading>[] {
  if (sourceImage === undefined) return [waiting("images.getFromFamily")];
  const { family = false } = parseLink(sourceImage) ?? {};
  return [reading(family || sourceImage.startsWith("family/") ? "images.getFromFamily" : "images.get", 1)];
}
