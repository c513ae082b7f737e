import type { OciApi } from "../api/client.ts";
import { failureOfWork, OciError } from "../errors/oci-error.ts";

interface WorkError {
  readonly code?: unknown;
  readonly message?: unknown;
}

/**
 * A launch that was accepted may end without a machine, and only its work request tells why. oci-core has no client for those.
 *
 * @returns undefined where OCI gives no reason
 */
export async function whyEnded(
  api: OciApi,
  workRequestId: string | undefined,
  signal: AbortSignal,
): Promise<OciError | undefined> {
  if (workRequestId === undefined) return undefined;
  const path = `/20160918/workRequests/${encodeURIComponent(workRequestId)}/errors`;
  try {
    const answer = await api.ask("iaas", "ListWorkRequestErrors", path, signal);
    const [error] = Array.isArray(answer) ? (answer as readonly (WorkError | null)[]) : [];
    if (error === undefined || error === null) return undefined;
    const { code, message } = error;
    const said = { code: textIn(code, "Unknown"), message: textIn(message, "") };
    return failureOfWork(said, api.asked("LaunchInstance"));
  } catch (error) {
    // It only explains: the caller knows already that the machine is gone.
    if (error instanceof OciError) return undefined;
    throw error;
  }
}

function textIn(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
