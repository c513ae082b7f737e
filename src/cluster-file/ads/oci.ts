import type { AdsProvider } from "./own-terms.ts";

/** ADS's documents describe what runs on this provider. */
export const ADS_PROVIDER = "oci";

export function isOnOci({ command }: Pick<AdsProvider, "command">): boolean {
  return command === ADS_PROVIDER;
}
