import { DaskFleetError } from "../../errors.ts";
import { UnknownOperation } from "../answer.ts";

/**
 * Asks the agent for what only it can do.
 *
 * @param what the subject of the error, such as `metrics()`
 * @throws DaskFleetError `WRONG_STATE` where the agent, or the part that answers, does not run
 */
export async function withAgent<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof UnknownOperation)) throw error;
    throw agentMissing(what, error);
  }
}

export function agentMissing(what: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError(
    "WRONG_STATE",
    `For ${what} dask-fleet's agent must run on the scheduler, and it, or its part for this, does not. A warning said why when the cluster was connected: most often the machines' image or configuration replaces the scheduler's preloads. Without it, cluster.run() starts a Python client here.`,
    cause === undefined ? {} : { cause },
  );
}
