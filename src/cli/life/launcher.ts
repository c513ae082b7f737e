import { rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { DaskFleetError, messageOf } from "../../errors.ts";
import type { ProgressEvent } from "../../index.ts";
import { typeOf, untilClosed } from "../clusters.ts";
import type { Call } from "../command.ts";
import { FAILED } from "../exit-codes.ts";

/** Names the log of a launcher in the background, in the environment of that process alone. */
export const LAUNCHER_LOG = "DASK_FLEET_LAUNCHER_LOG";

/** The cluster runs. */
export interface RunningWord {
  readonly type: "running";
  readonly name: string;
  readonly schedulerAddress: string;
  readonly pid: number;
  /** Where its messages go from now on. */
  readonly log: string;
}

/** What a launcher tells the command that started it. */
export type LauncherWord =
  | { readonly type: "event"; readonly name: string; readonly event: ProgressEvent }
  | RunningWord
  | { readonly type: "failed"; readonly code: string; readonly message: string };

/** The log, if this process is a launcher in the background. Its own children are none. */
export function takeLauncherLog(): string | undefined {
  const log = process.send === undefined ? undefined : process.env[LAUNCHER_LOG];
  delete process.env[LAUNCHER_LOG];
  return log;
}

/** Starts the cluster and keeps it until it has closed. The end of the command that waits for it rolls an unfinished start back. */
export async function asLauncher(call: Call, log: string, options: object): Promise<number> {
  const abandoned = new AbortController();
  const abandon = (): void => abandoned.abort(new DaskFleetError("CLOSED", "The command that started it has ended."));
  process.once("disconnect", abandon);
  if (!process.connected) abandon();
  try {
    const type = await typeOf(call);
    await using cluster = new type(options);
    const { name } = cluster;
    const silence = cluster.onProgress((event) => void tell({ type: "event", name, event }));
    call.out.follow(cluster);
    await cluster.start({ signal: abandoned.signal });
    silence();
    const kept = join(cluster.stateDirectory, "launcher.log");
    await rename(log, kept);
    abandoned.signal.throwIfAborted();
    process.off("disconnect", abandon);
    const { schedulerAddress } = cluster;
    await tell({ type: "running", name, schedulerAddress, pid: process.pid, log: kept });
    if (process.connected) process.disconnect();
    return await untilClosed(cluster);
  } catch (error) {
    const code = error instanceof DaskFleetError ? error.code : "START_FAILED";
    call.out.fail(error);
    await rm(log, { force: true });
    await tell({ type: "failed", code, message: messageOf(error) });
    if (process.connected) process.disconnect();
    return FAILED;
  }
}

/** Nobody may be left to hear it. */
async function tell(word: LauncherWord): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => {
    process.send?.(word, undefined, undefined, () => resolve());
  });
}
