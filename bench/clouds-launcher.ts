// The launcher of bench/clouds.ts, in its own process, so that its cost is separate from the simulated cloud's.
import { once } from "node:events";

import { providerNamed } from "../test/conformance/adapters.ts";

/** What the parent asks for. */
export interface Order {
  readonly endpoint: string;
  readonly workers: number;
  readonly pollIntervalMs: number;
}

/** What a life has cost. */
export interface Cost {
  /** From `start()` until all workers have joined, in milliseconds. */
  readonly readyMs: number;
  readonly closeMs: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
}

const provider = await providerNamed(process.argv[2]?.toLowerCase() ?? "");

const [{ endpoint, workers, pollIntervalMs }] = (await once(process, "message")) as [Order];
const options = { nWorkers: workers, pollIntervalMs, listLagMs: 4 * pollIntervalMs, apiRetries: 6 };
const cluster = provider.cluster(endpoint, options);
const begin = performance.now();
await cluster.start();
const readyMs = performance.now() - begin;
await cluster.close();
const closeMs = performance.now() - begin - readyMs;
const { user, system } = process.cpuUsage();
const peakRssMb = process.resourceUsage().maxRSS / 1024;
process.send?.({ readyMs, closeMs, cpuSeconds: (user + system) / 1e6, peakRssMb } satisfies Cost);
process.disconnect();
