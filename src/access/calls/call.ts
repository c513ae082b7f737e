import { Deadline, seconds } from "../../deadline.ts";
import { DaskFleetError } from "../../errors.ts";
import { within } from "../../wait.ts";
import { CallFailedError } from "./call-failed.ts";
import { checkCount, checkResources } from "./check-options.ts";
import { checkFunctionName } from "./function-name.ts";
import { packArguments, readOutcomes } from "./payload.ts";
import type { CallSession } from "./session.ts";
import { packValue } from "./values/encode.ts";

/** How a Python function is called. */
export interface CallOptions {
  /** Keyword arguments. Default: none */
  readonly kwargs?: Readonly<Record<string, unknown>> | undefined;
  /** What a worker must have for it, such as `{ GPU: 1 }`: Dask's resources. Default: nothing */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** How often a function that raises is called again, perhaps on another worker. Default: 0 */
  readonly retries?: number | undefined;
  /** Time for the whole, waiting for a worker included. Default: none */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Calls a function once; see {@link ClusterManager.call}. */
export async function callOnce(
  session: CallSession,
  name: string,
  args: readonly unknown[],
  options: CallOptions,
): Promise<unknown> {
  checkFunctionName(name);
  if (!Array.isArray(args)) {
    throw new DaskFleetError("CONFIG_INVALID", `The arguments of ${name} are an array, as in call("${name}", [1, 2]).`);
  }
  const { kwargs, retries = 0, timeoutMs, signal } = options;
  checkCount("retries", retries, 0, 1_000_000);
  const resources = checkResources(options.resources);
  const items = [packValue(args, `${name}(…)`)];
  const payload = packArguments({
    isBatch: false,
    kwargs: kwargs === undefined ? undefined : packValue(kwargs, `${name}'s kwargs`),
    items,
  });
  const run = async (by: AbortSignal | undefined): Promise<unknown> => {
    await session.open(by);
    for (let tries = 0; ; tries += 1) {
      const end = await session.run({ function: name, payload, resources }, by);
      if (!("data" in end)) throw endedWithout(name, end);
      const [outcome] = (await readOutcomes(end.data, 1)).outcomes;
      if (outcome !== undefined && "value" in outcome) return outcome.value;
      if (outcome !== undefined && tries >= retries) throw new CallFailedError(name, outcome.failure);
    }
  };
  if (timeoutMs === undefined) return await run(signal);
  checkCount("timeoutMs", timeoutMs, 1, 2 ** 31 - 1);
  try {
    return await within(name, new Deadline(timeoutMs, signal), run);
  } catch (error) {
    if (!(error instanceof DaskFleetError && error.code === "TIMEOUT")) throw error;
    const message = `${name} did not return within ${seconds(timeoutMs)}; ${session.describe()}. It is cancelled: if it runs, its thread goes on until it returns.`;
    throw new DaskFleetError("TIMEOUT", message, { cause: error });
  }
}

/** The error of a task that ended without a result of its own. */
export function endedWithout(
  what: string,
  { type, message }: { readonly type: string; readonly message: string },
): CallFailedError {
  const explained =
    type === "KilledWorker"
      ? `The worker died each time it ran, as out of memory or by os._exit(): look at cluster.logs(). Dask: ${message}`
      : message;
  return new CallFailedError(what, { type, pythonMessage: explained, traceback: "" });
}
