import type { OciApi } from "../api/client.ts";
import { notUnderstood } from "../errors/oci-error.ts";

const ACTION = "ListAvailabilityDomains";

/** The availability domains of the region, by name. oci-core has no client for them, and oci-identity would be one more package. */
export async function domainsOf(api: OciApi, signal: AbortSignal): Promise<readonly string[]> {
  const query = new URLSearchParams({ compartmentId: api.compartmentId });
  const answer = await api.ask("identity", ACTION, `/20160918/availabilityDomains?${query.toString()}`, signal);
  if (!Array.isArray(answer)) throw notUnderstood(ACTION);
  const names = answer.map((domain) => (domain as { readonly name?: unknown } | null)?.name);
  if (names.some((name) => typeof name !== "string")) throw notUnderstood(ACTION);
  return (names as string[]).toSorted();
}
