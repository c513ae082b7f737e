import { BackOff } from "../../../src/back-off.ts";
import { failureOfOperation, GcpError } from "../errors/gcp-error.ts";
import type { ComputeApi } from "./client.ts";
import type { Operation } from "./sdk.ts";

/** Google's `wait` answers after two minutes at the latest, finished or not. */
const LONGEST_WAIT_MS = 150_000;
const PAUSES = { firstMs: 50, longestMs: 2000 };

/** What a mutating call of the SDK answers: HTTP 200 only means that the operation has begun. */
type Begun = readonly [{ readonly latestResponse?: unknown }, ...unknown[]];

export function operationOf([{ latestResponse }]: Begun): Operation {
  return latestResponse as Operation;
}

/**
 * Waits until an operation has ended. It may have failed: see {@link throwIfFailed}.
 *
 * @param zone undefined: it is a global one
 */
export async function ended(
  api: ComputeApi,
  begun: Operation,
  { project, zone }: { readonly project: string; readonly zone?: string | undefined },
  signal: AbortSignal,
): Promise<Operation> {
  let latest = begun;
  const operation = begun.name ?? "";
  const backOff = new BackOff(PAUSES, { signal });
  while (latest.status !== "DONE") {
    // It waits on the server as long as Google likes, which may be not at all.
    if (latest !== begun) await backOff.pause();
    [latest] =
      zone === undefined
        ? await api.call(
            "globalOperations",
            "wait",
            signal,
            (client, options) => client.wait({ project, operation }, options),
            { timeoutMs: LONGEST_WAIT_MS },
          )
        : await api.call(
            "zoneOperations",
            "wait",
            signal,
            (client, options) => client.wait({ project, zone, operation }, options),
            { timeoutMs: LONGEST_WAIT_MS },
          );
  }
  return latest;
}

/** @throws GcpError that says why the operation has failed */
export function throwIfFailed(api: ComputeApi, action: string, operation: Operation): void {
  const failure = failureOfOperation(operation, api.asked(action));
  if (failure !== undefined) throw new GcpError(failure);
}
