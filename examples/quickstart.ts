// A real Dask cluster under mutual TLS, a real computation, and nothing left behind.
import { fileURLToPath } from "node:url";

import type { PhaseTiming } from "dask-fleet";
import { LocalCluster } from "dask-fleet/local";

const began = performance.now();
const cluster = new LocalCluster({ nWorkers: 2 });
cluster.onProgress((event) => {
  if (event.type === "phase-finished") say(`${event.phase} (${seconds(event.durationMs)})`);
  if (event.type === "warning") say(`warning: ${event.message}`);
});

console.log(`Starting ${cluster.name}: a scheduler and 2 workers on this computer, under mutual TLS`);
await using running = await cluster.start();

console.log(`\nScheduler  ${running.schedulerAddress}`);
for (const { name, address, nthreads } of await running.workers()) {
  console.log(`Worker     ${address}  ${name}, ${nthreads} thread${nthreads === 1 ? "" : "s"}`);
}

console.log("\nRunning examples/train.py, whose Client() needs no arguments");
await running.run("python", [fileURLToPath(new URL("train.py", import.meta.url))]);

console.log("\nWhere the time of the start went");
for (const timing of running.timeline) console.log(bar(timing, running.timeline));

await running.close();
console.log(`\nClosed; no process and no file is left. ${seconds(performance.now() - began)} in all.`);

function say(text: string): void {
  console.log(`  ${seconds(performance.now() - began).padStart(7)}  ${text}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/** One phase as a line of a chart: where it began and how long it took. */
function bar({ phase, startedAtMs, durationMs }: PhaseTiming, all: readonly PhaseTiming[]): string {
  const width = 40;
  const end = Math.max(...all.map((each) => each.startedAtMs + each.durationMs));
  const from = Math.round((startedAtMs / end) * width);
  const length = Math.max(1, Math.round((durationMs / end) * width));
  return `  ${phase.padEnd(18)} ${seconds(durationMs).padStart(7)}  ${" ".repeat(from)}${"#".repeat(length)}`;
}
