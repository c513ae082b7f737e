import { z } from "zod";

import type { WireRequest } from "../../core/http-cloud.ts";
import { parsed, tags } from "./common.ts";
import { identity, machineFields, nicConfiguration, osProfileFields, plan } from "./machine-parts.ts";
import { networkApiVersion } from "./virtual-machine.ts";

const sku = z.strictObject({ name: z.string().optional(), tier: z.string().optional(), capacity: z.int().optional() });

const profile = z.strictObject({
  ...machineFields,
  osProfile: z.strictObject({ computerNamePrefix: z.string().optional(), ...osProfileFields }).optional(),
  networkProfile: z
    .strictObject({
      networkApiVersion: networkApiVersion.optional(),
      networkInterfaceConfigurations: z.array(nicConfiguration).optional(),
    })
    .optional(),
});

const scaleSet = z.strictObject({
  location: z.string(),
  tags: tags.optional(),
  zones: z.array(z.string()).optional(),
  sku: sku.optional(),
  plan: plan.optional(),
  identity: identity.optional(),
  properties: z
    .strictObject({
      orchestrationMode: z.enum(["Uniform", "Flexible"]).optional(),
      platformFaultDomainCount: z.int().optional(),
      singlePlacementGroup: z.boolean().optional(),
      zoneBalance: z.boolean().optional(),
      constrainedMaximumCapacity: z.boolean().optional(),
      upgradePolicy: z.strictObject({ mode: z.string().optional() }).optional(),
      overprovision: z.boolean().optional(),
      virtualMachineProfile: profile.optional(),
    })
    .optional(),
});

const osChange = z.strictObject({ customData: z.string() });
const profileChange = z.strictObject({ osProfile: osChange });
const change = z.strictObject({
  sku: sku.optional(),
  tags: tags.optional(),
  properties: z.strictObject({ virtualMachineProfile: profileChange }).optional(),
});

const deletion = z.strictObject({ instanceIds: z.array(z.string()) });

export type ScaleSetBody = z.output<typeof scaleSet>;
export type ScaleSetChange = z.output<typeof change>;
export type ProfileBody = z.output<typeof profile>;

export function scaleSetBody(request: WireRequest): ScaleSetBody {
  return parsed(scaleSet, request);
}

/**
 * Of a PATCH, the number and size of the machines, the tags and the custom data of machines to come are understood: those that are there
 * keep theirs (hashicorp/terraform-provider-azurerm#61).
 */
export function scaleSetChange(request: WireRequest): ScaleSetChange {
  return parsed(change, request);
}

export function deletionBody(request: WireRequest): readonly string[] {
  return parsed(deletion, request).instanceIds;
}
