// The launcher of bench/clouds.ts, in its own process, so that its cost is separate from the simulated cloud's. It loads what a user's
// program loads, and nothing of the simulated clouds; where the cloud is and who may use it stand in its environment.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import type { ClusterManager } from "../src/cluster/cluster-manager.ts";

/** What the parent asks for. */
export interface Order {
  /** The provider's module. */
  readonly module: string;
  readonly className: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly workers: number;
  /** How long the running cluster is watched before it closes; 0 for not at all. */
  readonly watchMs: number;
  /** Whether half of the workers leave before the close. */
  readonly halves: boolean;
}

/** What a life has cost. */
export interface Cost {
  /** From `start()` until all workers have joined, in milliseconds. */
  readonly readyMs: number;
  readonly halvedMs: number;
  readonly closeMs: number;
  /** Without the watching. */
  readonly cpuSeconds: number;
  readonly watchCpuSeconds: number;
  /** Of that, until the first option was checked. */
  readonly importCpuSeconds: number;
  readonly peakRssMb: number;
}

/** What the launcher says as it goes on. */
export type Said = { readonly watching: boolean } | Cost;

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** After a start the watching is dense for a while. */
const SETTLE_MS = 60_000;

// Also where the parent has failed.
process.once("disconnect", () => process.exit());
const [{ module, className, options, workers, watchMs, halves }] = (await once(process, "message")) as [Order];
const say = (said: Said): void => void process.send?.(said);
const classes = (await import(module)) as Readonly<
  Record<string, new (options: Readonly<Record<string, unknown>>) => ClusterManager>
>;
const Cluster = classes[className];
if (Cluster === undefined) throw new Error(`${module} exports no ${className}`);
const cluster = new Cluster({ ...options, nWorkers: workers });
const importCpuSeconds = cpuSeconds();
const begin = performance.now();
let last = begin;
const lap = (): number => {
  const before = last;
  last = performance.now();
  return last - before;
};
await cluster.start();
const readyMs = lap();
let watchCpuSeconds = 0;
if (watchMs > 0) {
  await sleep(SETTLE_MS);
  say({ watching: true });
  const before = cpuSeconds();
  await sleep(watchMs);
  watchCpuSeconds = cpuSeconds() - before;
  say({ watching: false });
  lap();
}
if (halves) await cluster.scale(Math.floor(workers / 2));
const halvedMs = lap();
await cluster.close();
const closeMs = lap();
const peakRssMb = process.resourceUsage().maxRSS / 1024;
say({
  readyMs,
  halvedMs,
  closeMs,
  cpuSeconds: cpuSeconds() - watchCpuSeconds,
  watchCpuSeconds,
  importCpuSeconds,
  peakRssMb,
});
process.disconnect();
