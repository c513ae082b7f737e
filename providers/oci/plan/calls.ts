import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { callsTogether, changing, insisting, reading, waiting } from "../../../src/cloud/plan/planned-calls.ts";
import type { PlannedCalls, PlanRequest } from "../../../src/provider/plan.ts";
import { shapesOf } from "../options/kinds.ts";
import { listOf, type ResolvedOciOptions } from "../options/resolved-options.ts";

/** Network security groups: the members' and the clients'. */
const GROUPS = 2;
/** A start with a name looks for others of it, at the beginning and again later. */
const LOOKS_FOR_THE_NAME = 2;
/** The current Ubuntu LTS may not be out yet. */
const UBUNTU_VERSIONS = 2;

/** OCI's calls of a start and a close. A list is a call for each page. */
export function plannedCalls(
  request: Pick<PlanRequest, "groups" | "isNamed">,
  options: ResolvedOciOptions,
): PlannedCalls {
  const { vcnId, nsgIds, publicIp, allowedCidrs } = options;
  const kinds = kindsOf(options, request.groups);
  const subnets = new Set(kinds.flatMap((kind) => listOf(kind.options.subnetId)));
  const isOpen = kinds.some((kind) => kind.options.subnetId === undefined);
  const ubuntus = new Set(kinds.filter((kind) => kind.options.image === undefined).flatMap(shapesOf)).size;
  const images = new Set(kinds.flatMap((kind) => kind.options.image ?? [])).size;
  const makesFirewall = nsgIds.length === 0;
  const groups = makesFirewall ? GROUPS : 0;
  const asksRanges = makesFirewall && allowedCidrs === undefined && !publicIp ? 1 : 0;
  const knowsVcn = vcnId !== undefined || subnets.size > 0;
  const named = request.isNamed ? LOOKS_FOR_THE_NAME : 0;
  const machines = 1 + request.groups.reduce((sum, { size }) => sum + size, 0);
  return {
    start: callsTogether(
      changing("CreateNetworkSecurityGroup", groups),
      insisting("AddNetworkSecurityGroupSecurityRules", groups),
      changing("LaunchInstance", machines),
      waiting("ListAvailabilityDomains", 1),
      // One for each availability domain.
      waiting("ListShapes", 1),
      // A process looks the newest Ubuntu up once an hour.
      reading("ListImages", ubuntus * UBUNTU_VERSIONS, 0),
      reading("GetImage", images),
      reading("GetSubnet", subnets.size),
      isOpen && !knowsVcn ? waiting("ListVcns", 1) : [],
      reading("GetVcn", (isOpen && knowsVcn ? 1 : 0) + asksRanges),
      isOpen ? waiting("ListSubnets", 1) : [],
      waiting("GetInstance", 1),
      waiting("ListVnicAttachments", 1),
      waiting("GetVnic", 1),
      waiting("ListPrivateIps"),
      waiting("ListInstances", named),
      ...(request.isNamed ? [waiting("ListNetworkSecurityGroups", named)] : []),
      ...CONSOLE,
    ),
    close: callsTogether(
      insisting("TerminateInstance", machines),
      insisting("DeleteNetworkSecurityGroup", groups),
      waiting("ListInstances", 1),
      waiting("ListVnicAttachments"),
      waiting("ListPrivateIps"),
      waiting("ListNetworkSecurityGroups", 1),
    ),
  };
}

const CONSOLE = [
  [{ name: "CaptureConsoleHistory", least: 0, most: undefined, changes: true }],
  [{ name: "DeleteConsoleHistory", least: 0, most: undefined, changes: true }],
  waiting("GetConsoleHistory"),
  waiting("GetConsoleHistoryContent"),
];
