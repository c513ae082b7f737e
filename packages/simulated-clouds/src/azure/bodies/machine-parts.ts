import { z } from "zod";

import { reference, tags } from "./common.ts";

const deleteOption = z.enum(["Delete", "Detach"]).optional();

export const imageReference = z.strictObject({
  publisher: z.string().optional(),
  offer: z.string().optional(),
  sku: z.string().optional(),
  version: z.string().optional(),
  id: z.string().optional(),
});

export const osDisk = z.strictObject({
  osType: z.enum(["Linux", "Windows"]).optional(),
  name: z.string().optional(),
  caching: z.enum(["None", "ReadOnly", "ReadWrite"]).optional(),
  createOption: z.enum(["FromImage", "Empty", "Attach", "Copy", "Restore"]),
  diffDiskSettings: z
    .strictObject({
      option: z.literal("Local").optional(),
      placement: z.enum(["CacheDisk", "ResourceDisk", "NvmeDisk"]).optional(),
    })
    .optional(),
  diskSizeGB: z.int().optional(),
  managedDisk: z
    .strictObject({
      storageAccountType: z.string().optional(),
      diskEncryptionSet: reference.optional(),
    })
    .optional(),
  deleteOption,
});

export const storageProfile = z.strictObject({
  imageReference: imageReference.optional(),
  osDisk: osDisk.optional(),
  diskControllerType: z.enum(["SCSI", "NVMe"]).optional(),
});

const linuxConfiguration = z.strictObject({
  disablePasswordAuthentication: z.boolean().optional(),
  ssh: z
    .strictObject({
      publicKeys: z.array(z.strictObject({ path: z.string().optional(), keyData: z.string().optional() })).optional(),
    })
    .optional(),
  provisionVMAgent: z.boolean().optional(),
  patchSettings: z.strictObject({ patchMode: z.string().optional(), assessmentMode: z.string().optional() }).optional(),
  enableVMAgentPlatformUpdates: z.boolean().optional(),
});

/** The fields that the profile of a VM and that of a scale set have both. */
export const osProfileFields = {
  adminUsername: z.string().optional(),
  adminPassword: z.string().optional(),
  customData: z.string().optional(),
  linuxConfiguration: linuxConfiguration.optional(),
  secrets: z.array(z.never()).optional(),
  allowExtensionOperations: z.boolean().optional(),
  requireGuestProvisionSignal: z.boolean().optional(),
};

const publicAddress = z.strictObject({
  name: z.string(),
  properties: z
    .strictObject({
      idleTimeoutInMinutes: z.int().optional(),
      deleteOption,
      publicIPAddressVersion: z.enum(["IPv4", "IPv6"]).optional(),
      publicIPAllocationMethod: z.enum(["Dynamic", "Static"]).optional(),
    })
    .optional(),
  sku: z
    .strictObject({
      name: z.enum(["Basic", "Standard", "StandardV2"]).optional(),
      tier: z.enum(["Regional", "Global"]).optional(),
    })
    .optional(),
  tags: tags.optional(),
});

const ipConfiguration = z.strictObject({
  name: z.string(),
  properties: z
    .strictObject({
      subnet: reference.optional(),
      primary: z.boolean().optional(),
      publicIPAddressConfiguration: publicAddress.optional(),
      privateIPAddressVersion: z.enum(["IPv4", "IPv6"]).optional(),
      applicationSecurityGroups: z.array(reference).optional(),
    })
    .optional(),
});

export const nicConfiguration = z.strictObject({
  name: z.string(),
  properties: z
    .strictObject({
      primary: z.boolean().optional(),
      deleteOption,
      enableAcceleratedNetworking: z.boolean().optional(),
      enableIPForwarding: z.boolean().optional(),
      networkSecurityGroup: reference.optional(),
      ipConfigurations: z.array(ipConfiguration),
    })
    .optional(),
  tags: tags.optional(),
});

/** The fields that a VM and the profile of a scale set's VMs have both. */
export const machineFields = {
  storageProfile: storageProfile.optional(),
  securityProfile: z
    .strictObject({
      securityType: z.enum(["Standard", "TrustedLaunch", "ConfidentialVM"]).optional(),
      encryptionAtHost: z.boolean().optional(),
      uefiSettings: z
        .strictObject({ secureBootEnabled: z.boolean().optional(), vTpmEnabled: z.boolean().optional() })
        .optional(),
    })
    .optional(),
  diagnosticsProfile: z
    .strictObject({
      bootDiagnostics: z
        .strictObject({ enabled: z.boolean().optional(), storageUri: z.string().optional() })
        .optional(),
    })
    .optional(),
  priority: z.enum(["Regular", "Low", "Spot"]).optional(),
  evictionPolicy: z.enum(["Deallocate", "Delete"]).optional(),
  billingProfile: z.strictObject({ maxPrice: z.number().optional() }).optional(),
  licenseType: z.string().optional(),
  userData: z.string().optional(),
};

export const plan = z.strictObject({
  name: z.string().optional(),
  publisher: z.string().optional(),
  product: z.string().optional(),
  promotionCode: z.string().optional(),
});

export const identity = z.strictObject({
  type: z.enum(["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None"]).optional(),
  userAssignedIdentities: z.record(z.string(), z.strictObject({})).optional(),
});

export type NicBody = z.output<typeof nicConfiguration>;
export type PublicAddressBody = z.output<typeof publicAddress>;
export type OsDiskBody = z.output<typeof osDisk>;
export type ImageReference = z.output<typeof imageReference>;
export type IdentityBody = z.output<typeof identity>;
export type PlanBody = z.output<typeof plan>;
