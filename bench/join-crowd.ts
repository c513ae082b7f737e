/**
 * What machines wait that ask for their certificates at one instant, through a real scheduler's relay and this process as the launcher,
 * and what that costs each process. All share this computer; in life only the scheduler's and the launcher's part are not each machine's own.
 *
 *     node bench/join-crowd.ts [machines]
 */
import { readFileSync } from "node:fs";

import { CrowdedScheduler } from "../test/dask/machine/crowded-scheduler.ts";
import { daskPython } from "../test/support/python.ts";

const machines = Number(process.argv[2] ?? 1000);
/** Linux's, on all usual systems. */
const TICK_MS = 10;

/** The processor time of processes, in milliseconds. */
function cpuMsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return (user ?? 0) + (system ?? 0);
  });
  return ticks.reduce((sum, each) => sum + each, 0) * TICK_MS;
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(0);
  return `median ${at(0.5)}, 99% ${at(0.99)}, longest ${at(1)} ms`;
}

await using scheduler = await CrowdedScheduler.open(daskPython());
const { pids } = scheduler;
const before = { own: process.cpuUsage(), scheduler: cpuMsOf(pids) };
const joined = await scheduler.join(machines);
const { user, system } = process.cpuUsage(before.own);
const refused = joined.filter(({ answer }) => !("cert" in answer)).length;
const again = joined.filter(({ attempts }) => attempts > 1).length;
console.log(`${machines} machines at one instant, ${refused} refused, ${again} asked more than once`);
console.log(`  handshake:                ${spread(joined.map(({ askedMs }) => askedMs))}`);
console.log(`  request to certificate:   ${spread(joined.map(({ askedMs, answeredMs }) => answeredMs - askedMs))}`);
console.log(`  altogether:               ${spread(joined.map(({ answeredMs }) => answeredMs))}`);
console.log(
  `  CPU: launcher ${((user + system) / 1000).toFixed(0)} ms (keys of the machines included), scheduler ${cpuMsOf(pids) - before.scheduler} ms`,
);
