import { started, typeOf } from "../clusters.ts";
import type { Call } from "../command.ts";
import { launchInBackground } from "./background.ts";
import { asLauncher, takeLauncherLog } from "./launcher.ts";

/** A cluster that runs without this process. */
export interface Detached {
  readonly name: string;
  readonly schedulerAddress: string;
}

/** Nobody watches a detached cluster, so the time without a client ends it only where somebody asks for that. The idle time does. */
export function defaultsOf({ provider }: Call): Readonly<Record<string, unknown>> {
  return provider?.facts.isCloud === true ? { noClientTimeoutMs: 0 } : {};
}

/**
 * Starts a cluster that outlives this process. On a cloud it is left without a launcher; on this computer, where machines end with their
 * launcher, that is a process in the background.
 *
 * @returns the exit code where this process is that launcher, or was interrupted
 */
export async function startDetached(call: Call): Promise<Detached | number> {
  const log = takeLauncherLog();
  if (log !== undefined) return await asLauncher(call, log, call.clusterOptions());
  if (call.provider?.facts.isCloud !== true) {
    const running = await launchInBackground(call);
    if (typeof running === "number") return running;
    const { name, schedulerAddress, pid, log: kept } = running;
    call.out.note(`Process ${pid} looks after ${name} in the background. Its messages: ${kept}`);
    return { name, schedulerAddress };
  }
  const cluster = await started(call, call.clusterOptions(defaultsOf(call)));
  const { name, schedulerAddress } = cluster;
  await cluster.detach();
  await tellWhatGoesOn(call, name);
  return { name, schedulerAddress };
}

async function tellWhatGoesOn(call: Call, name: string): Promise<void> {
  const { goesOn, waits } = await (await typeOf(call)).status(name, { options: call.clusterOptions() });
  const lines = [...goesOn, ...waits].map((sentence) => `  - ${sentence}`);
  call.out.note([`${name} runs without a launcher:`, ...lines].join("\n"));
}

/** The command lines after a detached start. */
export function afterDetached(name: string): readonly (readonly [string, string])[] {
  return [
    [`dask-fleet exec ${name} -- python train.py`, "run a program with a Client() that connects"],
    [`dask-fleet status ${name}`, "see what it does"],
    [`dask-fleet watch ${name}`, "look after it from a terminal"],
    [`dask-fleet down ${name}`, "remove it"],
  ];
}
