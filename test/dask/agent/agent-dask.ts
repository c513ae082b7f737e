import { fileURLToPath } from "node:url";

import { type InstalledAgent, installAgent } from "../../../src/dask/agent/install.ts";
import type { AgentSettings } from "../../../src/dask/agent/settings.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { DaskProcesses } from "../client/dask-processes.ts";

export const LOADER: string = fileURLToPath(new URL("../../../templates/dask_fleet_loader.py", import.meta.url));

/** Real Dask whose scheduler and workers have the loader, as on machines. */
export async function daskWithLoader(host: string, env: NodeJS.ProcessEnv = {}): Promise<DaskProcesses> {
  const loader = { DASK_DISTRIBUTED__SCHEDULER__PRELOAD: LOADER, DASK_DISTRIBUTED__WORKER__PRELOAD: LOADER };
  return await DaskProcesses.start(host, { env: { ...loader, ...env } });
}

/** Connects and brings the agent, as a launcher does. */
export async function connectWithAgent(
  dask: DaskProcesses,
  settings: Partial<AgentSettings> = {},
): Promise<SchedulerClient & { readonly installed: InstalledAgent | undefined }> {
  const client = await SchedulerClient.connect(dask.address);
  return Object.assign(client, { installed: await installAgent(client, { cluster: "test", ...settings }) });
}
