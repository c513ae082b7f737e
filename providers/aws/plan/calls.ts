import { kindsOf } from "../../../src/cloud/machines/kinds.ts";
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
  const { vpc, securityGroups, publicIp, allowedCidrs } = options;
  const kinds = kindsOf(options, request.groups);
  const withSubnets = kinds.filter((kind) => kind.options.subnetId !== undefined).length;
  const withImage = kinds.filter(({ options: { ami } }) => ami !== undefined).length;
  const makesFirewall = securityGroups.length === 0;
  const groups = makesFirewall ? GROUPS : 0;
  const findsVpc = vpc === undefined && withSubnets === 0 ? 1 : 0;
  const asksRanges = makesFirewall && allowedCidrs === undefined && !publicIp ? 1 : 0;
  const named = request.isNamed ? LOOKS_FOR_THE_NAME : 0;
  return {
    start: callsTogether(
      changing("CreateSecurityGroup", groups),
      changing("AuthorizeSecurityGroupIngress", groups),
      changing("RunInstances", 1 + workerBatches(request, LARGEST_BATCH)),
      reading("DescribeVpcs", findsVpc + asksRanges),
      // Those that options name, and the VPC's for machines without.
      reading("DescribeSubnets", withSubnets > 0 && withSubnets < kinds.length ? 2 : 1),
      reading("DescribeInstanceTypes", 1),
      reading("DescribeInstanceTypeOfferings", 1),
      // A process looks the newest Ubuntu up once an hour.
      reading("DescribeImages", withImage < kinds.length ? 1 : 0, 0),
      reading("DescribeImages", withImage > 0 ? 1 : 0),
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
