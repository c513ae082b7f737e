import { z } from "zod";

import type { WireRequest } from "../../core/http-cloud.ts";
import { parsed, reference, tags } from "./common.ts";
import { identity, machineFields, nicConfiguration, osProfileFields, plan } from "./machine-parts.ts";

export const networkApiVersion = z.enum(["2020-11-01", "2022-11-01"]);

const properties = z.strictObject({
  ...machineFields,
  hardwareProfile: z.strictObject({ vmSize: z.string().optional() }).optional(),
  osProfile: z.strictObject({ computerName: z.string().optional(), ...osProfileFields }).optional(),
  networkProfile: z
    .strictObject({
      networkApiVersion: networkApiVersion.optional(),
      networkInterfaceConfigurations: z.array(nicConfiguration).optional(),
    })
    .optional(),
  virtualMachineScaleSet: reference.optional(),
  platformFaultDomain: z.int().optional(),
});

/** The fields of a VM that this simulation uses. Any other field is refused. */
const virtualMachine = z.strictObject({
  location: z.string(),
  tags: tags.optional(),
  zones: z.array(z.string()).optional(),
  plan: plan.optional(),
  identity: identity.optional(),
  properties: properties.optional(),
});

export type VmBody = z.output<typeof virtualMachine>;
export type VmProperties = z.output<typeof properties>;

export function vmBody(request: WireRequest): VmBody {
  return parsed(virtualMachine, request);
}
