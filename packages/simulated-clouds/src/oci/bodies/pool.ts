import { z } from "zod";

import { name, tags } from "./common.ts";
import { configurationLaunch } from "./instance.ts";

export const computeDetails = z.strictObject({
  instanceType: z.literal("compute"),
  launchDetails: configurationLaunch.optional(),
});

export const createConfiguration = z.strictObject({
  source: z.literal("NONE").optional(),
  compartmentId: z.string(),
  displayName: name,
  instanceDetails: computeDetails,
  ...tags,
});

export const placement = z.strictObject({
  availabilityDomain: z.string(),
  faultDomains: z.array(z.string()).optional(),
  primarySubnetId: z.string().optional(),
});

export const createPool = z.strictObject({
  compartmentId: z.string(),
  instanceConfigurationId: z.string(),
  placementConfigurations: z.array(placement).min(1),
  size: z.int().min(0),
  displayName: name,
  ...tags,
});

export const updatePool = z.strictObject({
  displayName: name,
  instanceConfigurationId: z.string().optional(),
  size: z.int().min(0).optional(),
  ...tags,
});

export const detachInstance = z.strictObject({
  instanceId: z.string(),
  isDecrementSize: z.boolean().optional(),
  isAutoTerminate: z.boolean().optional(),
});

export type CreateConfigurationBody = z.output<typeof createConfiguration>;
export type CreatePoolBody = z.output<typeof createPool>;
export type UpdatePoolBody = z.output<typeof updatePool>;
export type PlacementBody = z.output<typeof placement>;
