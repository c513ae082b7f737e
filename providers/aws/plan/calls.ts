import { workerBatches } from "../../../src/cloud/plan/cloud-plan.ts";
import { callsTogether, changing, insisting, reading, waiting } from "../../../src/cloud/plan/planned-calls.ts";
import type { PlannedCalls, PlanRequest } from "../../../src/provider/plan.ts";
import { LARGEST_BATCH } from "../machines/launch.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";

/** Security groups: the members' and the clients'. */
const GROUPS = 2;
/** A start with a name looks for others of it, at the beginning and again later. */
const LOOKS_FOR_THE_NAME = 2;

/** EC2's calls of a start and a close. */
export function plannedCalls(
  request: Pick<PlanRequest, "groups" | "isNamed">,
  options: ResolvedEc2Options,
): PlannedCalls {
  const { vpc, subnetId, securityGroups, publicIp, allowedCidrs } = options;
  const makesFirewall = securityGroups.length === 0;
  const groups = makesFirewall ? GROUPS : 0;
  const findsVpc = vpc === undefined && subnetId === undefined ? 1 : 0;
  const asksRanges = makesFirewall && allowedCidrs === undefined && !publicIp ? 1 : 0;
  const named = request.isNamed ? LOOKS_FOR_THE_NAME : 0;
  return {
    start: callsTogether(
      changing("CreateSecurityGroup", groups),
      changing("AuthorizeSecurityGroupIngress", groups),
      changing("RunInstances", 1 + workerBatches(request, LARGEST_BATCH)),
      reading("DescribeVpcs", findsVpc + asksRanges),
      reading("DescribeSubnets", 1),
      reading("DescribeInstanceTypes", 1),
      reading("DescribeInstanceTypeOfferings", 1),
      // A process looks the newest Ubuntu up once an hour.
      reading("DescribeImages", 1, options.ami === undefined ? 0 : 1),
      ...(request.isNamed ? [waiting("DescribeSecurityGroups", named), waiting("DescribeVolumes", named)] : []),
      waiting("DescribeInstances", named + (publicIp ? 1 : 0)),
      waiting("GetConsoleOutput"),
    ),
    close: callsTogether(
      insisting("TerminateInstances", 1),
      insisting("DeleteSecurityGroup", groups),
      waiting("DescribeInstances", 1),
      waiting("DescribeSecurityGroups", 1),
      waiting("DescribeVolumes", 1),
    ),
  };
}
