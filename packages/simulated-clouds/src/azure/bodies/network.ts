import { z } from "zod";

import type { WireRequest } from "../../core/http-cloud.ts";
import { parsed, reference, tags } from "./common.ts";

const rule = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  properties: z
    .strictObject({
      description: z.string().optional(),
      protocol: z.enum(["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"]),
      sourcePortRange: z.string().optional(),
      sourcePortRanges: z.array(z.string()).optional(),
      destinationPortRange: z.string().optional(),
      destinationPortRanges: z.array(z.string()).optional(),
      sourceAddressPrefix: z.string().optional(),
      sourceAddressPrefixes: z.array(z.string()).optional(),
      sourceApplicationSecurityGroups: z.array(reference).optional(),
      destinationAddressPrefix: z.string().optional(),
      destinationAddressPrefixes: z.array(z.string()).optional(),
      destinationApplicationSecurityGroups: z.array(reference).optional(),
      access: z.enum(["Allow", "Deny"]),
      priority: z.int(),
      direction: z.enum(["Inbound", "Outbound"]),
    })
    .optional(),
});

const securityGroup = z.strictObject({
  location: z.string().optional(),
  tags: tags.optional(),
  properties: z
    .strictObject({ securityRules: z.array(rule).optional(), flushConnection: z.boolean().optional() })
    .optional(),
});

const applicationGroup = z.strictObject({
  location: z.string().optional(),
  tags: tags.optional(),
  properties: z.strictObject({}).optional(),
});

const subnet = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  properties: z
    .strictObject({
      addressPrefix: z.string().optional(),
      addressPrefixes: z.array(z.string()).optional(),
      networkSecurityGroup: reference.optional(),
      defaultOutboundAccess: z.boolean().optional(),
    })
    .optional(),
});

const virtualNetwork = z.strictObject({
  location: z.string().optional(),
  tags: tags.optional(),
  properties: z
    .strictObject({
      addressSpace: z.strictObject({ addressPrefixes: z.array(z.string()).optional() }).optional(),
      subnets: z.array(subnet).optional(),
    })
    .optional(),
});

export type SecurityGroupBody = z.output<typeof securityGroup>;
export type RuleBody = z.output<typeof rule>;
export type RuleProperties = NonNullable<RuleBody["properties"]>;
export type ApplicationGroupBody = z.output<typeof applicationGroup>;
export type VirtualNetworkBody = z.output<typeof virtualNetwork>;

export function securityGroupBody(request: WireRequest): SecurityGroupBody {
  return parsed(securityGroup, request);
}

export function applicationGroupBody(request: WireRequest): ApplicationGroupBody {
  return parsed(applicationGroup, request);
}

export function virtualNetworkBody(request: WireRequest): VirtualNetworkBody {
  return parsed(virtualNetwork, request);
}
