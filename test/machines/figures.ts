import { appendFile } from "node:fs/promises";

import type { LabMachine } from "./lab/lab-machine.ts";

/** When the lines of a machine's journal that match were written, in milliseconds. */
async function saidAt(machine: LabMachine, pattern: string): Promise<number> {
  const line = await machine.sh(`journalctl -u dask-node -o short-unix | grep -m 1 '${pattern}'`);
  return Number.parseFloat(line) * 1000;
}

/** Records the delay between the machine's failure and the launcher's error. */
export async function noteFailure(what: string, knownAt: number, toldAt: number): Promise<void> {
  const file = process.env["DASK_FLEET_LAB_FIGURES"];
  if (file === undefined) return;
  await appendFile(file, `${what}: error ${((toldAt - knownAt) / 1000).toFixed(1)} s after the machine knew\n`);
}

/** Records the times from a spot notice in the metadata service on. */
export async function noteNotice(
  what: string,
  { requestedMs, movedMs }: { readonly requestedMs: number; readonly movedMs: number },
): Promise<void> {
  const file = process.env["DASK_FLEET_LAB_FIGURES"];
  if (file === undefined) return;
  const [requested, moved] = [requestedMs, movedMs].map((ms) => (ms / 1000).toFixed(1));
  await appendFile(
    file,
    `${what}: spot notice: replacement requested after ${requested} s, 160 MB moved after ${moved} s\n`,
  );
}

/** Writes down how long each part of a start took, where `npm run test:machines` looks for it. */
export async function noteStart(
  what: string,
  startedAt: number,
  readyAt: number,
  scheduler: LabMachine,
  workers: readonly LabMachine[],
): Promise<void> {
  const file = process.env["DASK_FLEET_LAB_FIGURES"];
  if (file === undefined) return;
  const machines = [scheduler, ...workers];
  const units = await Promise.all(machines.map((machine) => saidAt(machine, "systemd.*Started dask-node")));
  const stages = await scheduler.sh(
    "cloud-init analyze show | sed -n 's/^Finished stage: (\\([a-z-]*\\)) 0*\\([0-9.]*\\) seconds/\\1 \\2/p'",
  );
  const own = new Set(["init-local", "init-network", "modules-config", "modules-final"]);
  const parts: readonly (readonly [string, number])[] = [
    ["API", Math.max(...machines.map(({ bootedAt }) => bootedAt)) - startedAt],
    ["cloud-init done, unit started", Math.max(...units) - startedAt],
    ["scheduler up", (await saidAt(scheduler, "Scheduler at:")) - startedAt],
    ["workers joined", readyAt - startedAt],
  ];
  const times = parts.map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)} s`).join(", ");
  const ofCloudInit = stages.split("\n").filter((line) => own.has(line.split(" ")[0] ?? ""));
  await appendFile(file, `${what}: ${times} (cloud-init's stages: ${ofCloudInit.join(", ")})\n`);
}
