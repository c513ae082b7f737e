import { badRequest, invalidParameter } from "../api-error.ts";
import type { VmBody } from "../bodies/virtual-machine.ts";
import type { BootImage } from "../catalog/images.ts";
import type { SizeEntry } from "../catalog/sizes.ts";

/** @throws ApiError for a security type that the image or the size does not have */
export function checkSecurity(
  { securityProfile }: NonNullable<VmBody["properties"]>,
  image: BootImage,
  size: SizeEntry,
): void {
  const { securityType, uefiSettings } = securityProfile ?? {};
  if (uefiSettings !== undefined && (securityType === undefined || securityType === "Standard")) {
    throw invalidParameter(
      "Parameter 'securityProfile.uefiSettings' requires the securityType TrustedLaunch or ConfidentialVM.",
      "securityProfile.uefiSettings",
    );
  }
  if (securityType !== "TrustedLaunch" || (image.trustedLaunch && size.trustedLaunch)) return;
  const what = image.trustedLaunch ? `VM size '${size.name}'` : `image '${image.label}'`;
  throw badRequest("BadRequest", `Use of TrustedLaunch setting is not supported for the provided ${what}.`);
}
