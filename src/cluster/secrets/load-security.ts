import type { Security } from "../../security/security.ts";

/**
 * Fetches the client's own files where they are references to secrets, anew at each start and each attach, with this computer's own
 * credentials. The code for stores is loaded when a reference is there.
 *
 * @throws DaskFleetError what the store has not, in words
 */
export async function loadSecurity(security: Security | undefined, signal: AbortSignal): Promise<void> {
  if (security === undefined || security.referencesOf("client").size === 0) return;
  const { fetchSecret } = await import("../../stores/fetch-secret.ts");
  await security.load(fetchSecret, signal);
}
