import { z } from "zod";

import { flag, name, tags } from "./common.ts";

const portRange = z.strictObject({ min: z.int(), max: z.int() });
const ports = z.strictObject({ destinationPortRange: portRange.optional(), sourcePortRange: portRange.optional() });
const protocolOptions = {
  icmpOptions: z.strictObject({ type: z.int(), code: z.int().optional() }).optional(),
  tcpOptions: ports.optional(),
  udpOptions: ports.optional(),
};
const peerType = z.enum(["CIDR_BLOCK", "SERVICE_CIDR_BLOCK", "NETWORK_SECURITY_GROUP"]).optional();

export const createVcn = z.strictObject({
  compartmentId: z.string(),
  cidrBlock: z.string().optional(),
  cidrBlocks: z.array(z.string()).optional(),
  displayName: name,
  dnsLabel: z.string().optional(),
  ...tags,
});

export const createSubnet = z.strictObject({
  compartmentId: z.string(),
  vcnId: z.string(),
  cidrBlock: z.string().optional(),
  availabilityDomain: z.string().optional(),
  displayName: name,
  dnsLabel: z.string().optional(),
  prohibitInternetIngress: flag,
  prohibitPublicIpOnVnic: flag,
  routeTableId: z.string().optional(),
  securityListIds: z.array(z.string()).optional(),
  ...tags,
});

export const createInternetGateway = z.strictObject({
  compartmentId: z.string(),
  vcnId: z.string(),
  isEnabled: z.boolean(),
  displayName: name,
  ...tags,
});

export const routeRule = z.strictObject({
  destination: z.string().optional(),
  destinationType: z.enum(["CIDR_BLOCK", "SERVICE_CIDR_BLOCK"]).optional(),
  networkEntityId: z.string(),
  description: z.string().optional(),
});

export const updateRouteTable = z.strictObject({
  displayName: name,
  routeRules: z.array(routeRule).optional(),
  ...tags,
});

const listRule = { ...protocolOptions, protocol: z.string(), isStateless: flag, description: z.string().optional() };

export const ingressRule = z.strictObject({
  ...listRule,
  source: z.string(),
  sourceType: z.enum(["CIDR_BLOCK", "SERVICE_CIDR_BLOCK"]).optional(),
});

export const egressRule = z.strictObject({
  ...listRule,
  destination: z.string(),
  destinationType: z.enum(["CIDR_BLOCK", "SERVICE_CIDR_BLOCK"]).optional(),
});

export const updateSecurityList = z.strictObject({
  displayName: name,
  ingressSecurityRules: z.array(ingressRule).optional(),
  egressSecurityRules: z.array(egressRule).optional(),
  ...tags,
});

export const createGroup = z.strictObject({
  compartmentId: z.string(),
  vcnId: z.string(),
  displayName: name,
  ...tags,
});

export const updateGroup = z.strictObject({ displayName: name, ...tags });

export const addRule = z.strictObject({
  ...protocolOptions,
  direction: z.enum(["INGRESS", "EGRESS"]),
  protocol: z.string(),
  description: z.string().optional(),
  isStateless: flag,
  source: z.string().optional(),
  sourceType: peerType,
  destination: z.string().optional(),
  destinationType: peerType,
});

export const addRules = z.strictObject({ securityRules: z.array(addRule).optional() });

export const updateRules = z.strictObject({
  securityRules: z.array(addRule.extend({ id: z.string() })).optional(),
});

export const removeRules = z.strictObject({ securityRuleIds: z.array(z.string()).optional() });

export const publicIpOf = z.strictObject({ privateIpId: z.string() });

export type CreateVcnBody = z.output<typeof createVcn>;
export type CreateSubnetBody = z.output<typeof createSubnet>;
export type RuleBody = z.output<typeof addRule>;
export type RouteRuleBody = z.output<typeof routeRule>;
export type IngressRuleBody = z.output<typeof ingressRule>;
export type EgressRuleBody = z.output<typeof egressRule>;
