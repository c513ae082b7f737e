import type { OciApi } from "../api/client.ts";
import { failureOfWork, OciError } from "../errors/oci-error.ts";

interface WorkRequest {
  readonly id?: string;
  readonly status?: string;
}

interface WorkError {
  readonly code?: string;
  readonly message?: string;
}

/** A launch that was accepted ends without a machine, and only its work request tells why. Undefined where none does. */
export async function whyEnded(api: OciApi, id: string, signal: AbortSignal): Promise<OciError | undefined> {
  try {
    const query = new URLSearchParams({ compartmentId: api.compartmentId, resourceId: id });
    const requests = await listOf<WorkRequest>(api, "ListWorkRequests", `?${query.toString()}`, signal);
    const failed = requests.find(({ status }) => status === "FAILED");
    if (failed?.id === undefined) return undefined;
    const path = `/${encodeURIComponent(failed.id)}/errors`;
    const [error] = await listOf<WorkError>(api, "ListWorkRequestErrors", path, signal);
    if (error === undefined) return undefined;
    const { code = "Unknown", message = "" } = error;
    return failureOfWork({ code, message }, api.asked("LaunchInstance"));
  } catch (error) {
    // It only explains: whoever asks knows already that the machine is gone.
    if (error instanceof OciError) return undefined;
    throw error;
  }
}

async function listOf<Item>(api: OciApi, action: string, rest: string, signal: AbortSignal): Promise<readonly Item[]> {
  const answer = await api.ask("iaas", action, `/20160918/workRequests${rest}`, signal);
  return Array.isArray(answer) ? (answer as readonly Item[]) : [];
}
