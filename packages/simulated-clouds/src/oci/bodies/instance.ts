import { z } from "zod";

import { flag, name, tags } from "./common.ts";

export const createVnic = z.strictObject({
  subnetId: z.string().optional(),
  nsgIds: z.array(z.string()).optional(),
  assignPublicIp: flag,
  assignPrivateDnsRecord: flag,
  displayName: name,
  hostnameLabel: z.string().optional(),
  privateIp: z.string().optional(),
  skipSourceDestCheck: flag,
  ...tags,
});

export const shapeConfig = z.strictObject({
  ocpus: z.number().optional(),
  vcpus: z.int().optional(),
  memoryInGBs: z.number().optional(),
  baselineOcpuUtilization: z.enum(["BASELINE_1_8", "BASELINE_1_2", "BASELINE_1_1"]).optional(),
});

export const imageSource = z.strictObject({
  sourceType: z.literal("image"),
  imageId: z.string().optional(),
  bootVolumeSizeInGBs: z.int().optional(),
  bootVolumeVpusPerGB: z.int().optional(),
  kmsKeyId: z.string().optional(),
});

export const volumeSource = z.strictObject({ sourceType: z.literal("bootVolume"), bootVolumeId: z.string() });

export const launchOptions = z.strictObject({
  bootVolumeType: z.enum(["ISCSI", "SCSI", "IDE", "VFIO", "PARAVIRTUALIZED"]).optional(),
  firmware: z.enum(["BIOS", "UEFI_64"]).optional(),
  networkType: z.enum(["E1000", "VFIO", "PARAVIRTUALIZED", "ACCELERATEDPV"]).optional(),
  remoteDataVolumeType: z.enum(["ISCSI", "SCSI", "IDE", "VFIO", "PARAVIRTUALIZED"]).optional(),
  isPvEncryptionInTransitEnabled: flag,
  isConsistentVolumeNamingEnabled: flag,
});

export const agentConfig = z.strictObject({
  isMonitoringDisabled: flag,
  isManagementDisabled: flag,
  areAllPluginsDisabled: flag,
  pluginsConfig: z
    .array(z.strictObject({ name: z.string(), desiredState: z.enum(["ENABLED", "DISABLED"]) }))
    .optional(),
});

export const instanceOptions = z.strictObject({ areLegacyImdsEndpointsDisabled: flag });

export const availabilityConfig = z.strictObject({
  isLiveMigrationPreferred: flag,
  recoveryAction: z.enum(["RESTORE_INSTANCE", "STOP_INSTANCE"]).optional(),
});

export const preemptibleConfig = z.strictObject({
  preemptionAction: z.strictObject({ type: z.literal("TERMINATE"), preserveBootVolume: flag }),
});

/** What launches and instance configurations have in common. */
const launched = {
  createVnicDetails: createVnic.optional(),
  displayName: name,
  faultDomain: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  extendedMetadata: z.record(z.string(), z.unknown()).optional(),
  shape: z.string().optional(),
  shapeConfig: shapeConfig.optional(),
  sourceDetails: z.discriminatedUnion("sourceType", [imageSource, volumeSource]).optional(),
  launchOptions: launchOptions.optional(),
  agentConfig: agentConfig.optional(),
  instanceOptions: instanceOptions.optional(),
  availabilityConfig: availabilityConfig.optional(),
  preemptibleInstanceConfig: preemptibleConfig.optional(),
  isPvEncryptionInTransitEnabled: flag,
  ...tags,
};

export const launchInstance = z.strictObject({
  ...launched,
  availabilityDomain: z.string(),
  compartmentId: z.string(),
  hostnameLabel: z.string().optional(),
  imageId: z.string().optional(),
  subnetId: z.string().optional(),
});

export const configurationLaunch = z.strictObject({
  ...launched,
  availabilityDomain: z.string().optional(),
  compartmentId: z.string().optional(),
});

export const updateInstance = z.strictObject({ displayName: name, ...tags });

export const captureConsole = z.strictObject({ instanceId: z.string(), displayName: name, ...tags });

export const capacityShape = z.strictObject({
  instanceShape: z.string(),
  faultDomain: z.string().optional(),
  instanceShapeConfig: z.strictObject({ ocpus: z.number().optional(), memoryInGBs: z.number().optional() }).optional(),
});

export const capacityReport = z.strictObject({
  compartmentId: z.string(),
  availabilityDomain: z.string(),
  shapeAvailabilities: z.array(capacityShape).min(1),
});

export const updateBootVolume = z.strictObject({ displayName: name, ...tags });

export type LaunchBody = z.output<typeof launchInstance>;
export type ConfigurationLaunchBody = z.output<typeof configurationLaunch>;
export type CreateVnicBody = z.output<typeof createVnic>;
export type ShapeConfigBody = z.output<typeof shapeConfig>;
