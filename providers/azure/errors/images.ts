import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type AzureFailure, says } from "./failure.ts";

/** Images, what they cost, and disks. */
export const IMAGES: readonly ErrorEntry<AzureFailure>[] = [
  {
    codes: [
      "VMMarketplaceInvalidInput",
      "ResourcePurchaseValidationFailed",
      "MarketplacePurchaseEligibilityFailed",
      "ResourcePurchaseCanceling",
      "MarketplaceOfferNotAvailable",
      "UserPurchaseNotAllowed",
      "PlanNotFound",
    ],
    meaning: "configuration",
    say: 'The Marketplace image needs a plan with accepted terms, or this subscription may not buy it. Check the `marketplacePlan` option, and run "az vm image terms accept".',
  },
  {
    codes: ["DiskImageNotReady", "OperationNotAllowedOnVMImageAsVMsBeingProvisioned", "GalleryImageNotReady"],
    meaning: "transient",
    say: "The image is not ready yet. Try again later.",
  },
  {
    codes: ["SubscriptionNotAuthorizedForImage", "GalleryImageAccessDenied", "InsufficientImagePermissions"],
    meaning: "permission",
    say: "These credentials may not use the image that `vmImage` names: give them the role Reader on its gallery.",
  },
  {
    codes: ["ImageVersionDeprecated", "ImageDeprecated", "VMImageDeprecated"],
    meaning: "configuration",
    say: "The image that `vmImage` names is deprecated: use a newer version.",
  },
  {
    codes:
      /Image\w*NotFound|^InvalidImageReference$|^Artifact(?:Version)?NotFound$|^(?:Incorrect|Invalid)ImageBlobType$|^IncorrectDiskBlobType$|^InvalidImage/i,
    meaning: "configuration",
    say: "The image that `vmImage` names does not exist in this location, or these credentials may not use it.",
  },
  {
    when: says(/Hypervisor Generation|HyperVGeneration/i),
    meaning: "configuration",
    say: "The image and the size are of different hardware generations: choose another `vmImage` or `instanceType`.",
  },
  {
    when: says(/TrustedLaunch|Trusted Launch|securityType|Secure ?Boot|UefiSettings/i),
    statuses: [400, 409, undefined],
    meaning: "configuration",
    say: "The image or the size does not have the security type that is asked for: set `extraVmOptions: { securityProfile: … }` as they need it.",
  },
  {
    codes: /^KeyVault|KeyVault|^DiskEncryption|EncryptionSet|^Certificate|EncryptionAtHost/,
    meaning: "configuration",
    say: "A disk's encryption key, or its Key Vault, cannot be used: check the disk encryption set, its identity's access to the key, and that the key is enabled.",
  },
  {
    codes: ["OperationNotAllowed", "InvalidParameter", "BadRequest"],
    when: says(/disk with size .* smaller than|disk size .* smaller|is smaller than the (?:size|minimum)/i),
    meaning: "configuration",
    say: "The image needs a larger disk. Set a larger `diskSize`.",
  },
  {
    codes: ["VHDSizeInvalid", "InvalidDiskSize", "DiskSizeTooSmall", "DiskSizeTooLarge"],
    meaning: "configuration",
    say: "Azure has no disks of this size. Check the `diskSize` option.",
  },
  {
    codes: [
      "InvalidAccountType",
      "DiskSkuNotSupported",
      "StorageAccountTypeNotSupported",
      "InvalidStorageAccountType",
      "UltraSSDNotEnabled",
    ],
    meaning: "configuration",
    say: "The size or the location does not have this type of disk. Check `extraVmOptions.storageProfile`.",
  },
  {
    codes: [
      "DiskPreparationError",
      "DiskProcessingError",
      "DiskServiceInternalError",
      "StorageAccountTooBusy",
      "AcquireDiskLeaseFailed",
      "AttachDiskWhileBeingDetached",
      "DiskBlobPendingCopyOperation",
    ],
    meaning: "transient",
    say: "Azure could not prepare the machine's disk. Try again later.",
  },
  {
    codes:
      /^(?:ConflictingUserInput|ContainerAlreadyOnLease|DiskBlob\w+|TargetDiskBlobAlreadyExists|StorageAccount(?!\w*Internal)\w+)$/,
    meaning: "configuration",
    say: "A disk or its storage is in use or does not exist. Give the cluster another `name`, and check `extraVmOptions.storageProfile`.",
  },
];
