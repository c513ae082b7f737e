import type { Operations } from "./call.ts";
import { getConsoleOutput } from "./console-output.ts";
import { describeInstances, describeInstanceStatus } from "./describe-instances.ts";
import { describeSecurityGroupRules, describeSecurityGroups } from "./describe-security-groups.ts";
import { describeImages } from "./images.ts";
import { describeInstanceTypeOfferings, describeInstanceTypes } from "./instance-types.ts";
import { describeKeyPairs } from "./key-pairs.ts";
import { describeNetworkInterfaces } from "./network-interfaces.ts";
import { describeSubnets, describeVpcs } from "./networks.ts";
import { describeAvailabilityZones, describeRegions } from "./regions.ts";
import { runInstances } from "./run-instances.ts";
import { authorize, revoke } from "./security-group-rules.ts";
import { createSecurityGroup, deleteSecurityGroup } from "./security-groups.ts";
import { cancelSpotInstanceRequests, describeSpotInstanceRequests } from "./spot-requests.ts";
import { createTags, deleteTags, describeTags } from "./tags.ts";
import { terminateInstances } from "./terminate-instances.ts";
import { deleteVolume, describeVolumes } from "./volumes.ts";

/** What this simulation of EC2 can do. */
export const OPERATIONS: Operations = {
  AuthorizeSecurityGroupEgress: authorize("egress"),
  AuthorizeSecurityGroupIngress: authorize("ingress"),
  CancelSpotInstanceRequests: cancelSpotInstanceRequests,
  CreateSecurityGroup: createSecurityGroup,
  CreateTags: createTags,
  DeleteSecurityGroup: deleteSecurityGroup,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstances: describeInstances,
  DescribeKeyPairs: describeKeyPairs,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  DescribeRegions: describeRegions,
  DescribeSecurityGroupRules: describeSecurityGroupRules,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSpotInstanceRequests: describeSpotInstanceRequests,
  DescribeSubnets: describeSubnets,
  DescribeTags: describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVpcs: describeVpcs,
  GetConsoleOutput: getConsoleOutput,
  RevokeSecurityGroupEgress: revoke("egress"),
  RevokeSecurityGroupIngress: revoke("ingress"),
  RunInstances: runInstances,
  TerminateInstances: terminateInstances,
};
