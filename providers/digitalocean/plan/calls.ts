import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { workerBatches } from "../../../src/cloud/plan/cloud-plan.ts";
import { callsTogether, changing, insisting, reading, waiting } from "../../../src/cloud/plan/planned-calls.ts";
import type { PlannedCalls, PlanRequest } from "../../../src/provider/plan.ts";
import { LARGEST_BATCH } from "../machines/launch.ts";
import type { ResolvedDropletOptions } from "../options/resolved-options.ts";

/** Of the members and of the clients; as many tags must be there before them. */
const FIREWALLS = 2;
/** A start with a name looks for others of it, at the beginning and again later. */
const LOOKS_FOR_THE_NAME = 2;

/** DigitalOcean's calls of a start and a close. A list is a call for each page. */
export function plannedCalls(
  request: Pick<PlanRequest, "groups" | "isNamed">,
  options: ResolvedDropletOptions,
): PlannedCalls {
  const { createFirewall, vpcUuid, publicIp, allowedCidrs } = options;
  const images = new Set(kindsOf(options, request.groups).map((kind) => kind.options.image));
  const ownImages = images.size - Number(images.has(undefined));
  const firewalls = createFirewall ? FIREWALLS : 0;
  const asksRanges = createFirewall && allowedCidrs === undefined && !publicIp;
  const named = request.isNamed ? LOOKS_FOR_THE_NAME : 0;
  return {
    start: callsTogether(
      changing("POST /v2/tags", firewalls),
      changing("POST /v2/firewalls", firewalls),
      changing("POST /v2/droplets", 1 + workerBatches(request, LARGEST_BATCH)),
      reading("GET /v2/account", 1),
      waiting("GET /v2/sizes", 1),
      images.has(undefined) ? waiting("GET /v2/images", 1) : [],
      reading("GET /v2/images/{id}", ownImages),
      vpcUuid === undefined
        ? asksRanges
          ? waiting("GET /v2/vpcs", 1)
          : []
        : reading("GET /v2/vpcs/{id}", asksRanges ? 2 : 1),
      ...(request.isNamed ? [waiting("GET /v2/firewalls", named), waiting("GET /v2/tags", named)] : []),
      waiting("GET /v2/droplets", 1 + named),
      waiting("GET /v2/droplets/{id}", 1),
    ),
    close: callsTogether(
      // By their tag in one call; one by one where that is refused, or a list has not shown them yet.
      [{ name: "DELETE /v2/droplets", least: 0, most: undefined, changes: true }],
      [{ name: "DELETE /v2/droplets/{id}", least: 0, most: undefined, changes: true }],
      insisting("DELETE /v2/firewalls/{id}", firewalls),
      insisting("DELETE /v2/tags/{tag}", 1),
      waiting("GET /v2/droplets", 1),
      waiting("GET /v2/droplets/{id}"),
      waiting("GET /v2/firewalls", 1),
      waiting("GET /v2/tags", 1),
    ),
  };
}
