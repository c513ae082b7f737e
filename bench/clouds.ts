// A cluster's start and close on simulated clouds: calls, time in boots of one machine, and what the launcher takes. The baseline is
// the life of a cluster with one worker in the same run. It takes some minutes: the clouds are as slow as real ones.
//
//   node bench/clouds.ts [--sizes=1,2,100,1000] [--watch=SECONDS] [--halve] [--built] [--profile=DIRECTORY] [provider …]
//
// Providers as docs/clouds.md has them. --built: what `npm run build` has made, as users have it, in place of the sources.
// --watch: the largest cluster is watched while it idles, for so long, told as an hour's cost. --halve: half of the workers leave
// before the close. --profile: a CPU profile of each launcher.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { HttpCloud } from "@dask-fleet/simulated-clouds";

import { allProviders } from "../test/conformance/adapters.ts";
import type { ProviderUnderTest } from "../test/conformance/provider-under-test.ts";
import type { Cost, Order, Said } from "./clouds-launcher.ts";

const LAUNCHER = fileURLToPath(new URL("clouds-launcher.ts", import.meta.url));
/** A machine of a cloud is up after about a minute, its image pulled. */
const BOOT_MS = 60_000;
/** As fast as life: in a quicker cloud the launcher's own time would look long. */
const SPEED = 1;
const POLL_INTERVAL_MS = 5000;
const HOUR_S = 3600;
const PATIENCE_MS = 1_800_000;
const OPTIONS = {
  allowedCidrs: ["127.0.0.1/32"],
  pollIntervalMs: POLL_INTERVAL_MS,
  listLagMs: 4 * POLL_INTERVAL_MS,
  apiRetries: 6,
  startTimeoutMs: PATIENCE_MS,
  scaleTimeoutMs: PATIENCE_MS,
  closeTimeoutMs: PATIENCE_MS,
  closeOnExit: false,
};

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: "string", default: "1,2,100,1000" },
    watch: { type: "string", default: "0" },
    halve: { type: "boolean", default: false },
    built: { type: "boolean", default: false },
    profile: { type: "string" },
  },
});
const sizes = values.sizes.split(",").map(Number);
const watchSeconds = Number(values.watch);

interface Life extends Cost {
  readonly calls: ReadonlyMap<string, number>;
  /** Calls while the running cluster was watched. */
  readonly watchCalls: ReadonlyMap<string, number>;
}

function moduleOf({ manifest: { folder } }: ProviderUnderTest): string {
  return values.built ? `../dist/providers/${folder}/index.js` : `../providers/${folder}/index.ts`;
}

async function live(provider: ProviderUnderTest, workers: number, state: string): Promise<Life> {
  await using world = await provider.open({ boot: "paper", bootMs: BOOT_MS, speed: SPEED });
  const execArgv = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
  const cloud = world.cloud as HttpCloud & { environment(): Readonly<Record<string, string>> };
  const child = fork(LAUNCHER, { env: { ...cloud.environment(), ...process.env, XDG_STATE_HOME: state }, execArgv });
  const ended = once(child, "close");
  const isWatched = workers === Math.max(...sizes);
  const operations = (): readonly string[] => [...world.cloud.calls.operations()];
  let [from, to] = [0, 0];
  let cost: Cost | undefined;
  child.on("message", (said: Said) => {
    if (!("watching" in said)) cost = said;
    else if (said.watching) from = operations().length;
    else to = operations().length;
  });
  child.send({
    module: new URL(moduleOf(provider), import.meta.url).href,
    className: provider.manifest.className,
    options: OPTIONS,
    workers,
    watchMs: isWatched ? watchSeconds * 1000 : 0,
    halves: values.halve,
  } satisfies Order);
  await ended;
  if (cost === undefined) throw new Error(`The launcher of ${workers} workers has failed`);
  const all = operations();
  return {
    ...cost,
    calls: counted([...all.slice(0, from), ...all.slice(to)]),
    watchCalls: counted(all.slice(from, to)),
  };
}

function counted(operations: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(operations, (each) => each)].map(([operation, { length }]) => [operation, length]));
}

function sum(calls: ReadonlyMap<string, number>): number {
  return [...calls.values()].reduce((all, count) => all + count, 0);
}

const state = await mkdtemp(join(tmpdir(), "dask-fleet-bench-"));
try {
  for (const provider of (await allProviders()).filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const rows: Record<string, Record<string, string>> = {};
    const calls: Record<string, Record<string, number>> = {};
    const watched: Record<string, Record<string, string>> = {};
    const lives = await Promise.all(sizes.map((workers) => live(provider, workers, state)));
    const [baseline] = lives;
    for (const [nth, life] of lives.entries()) {
      const workers = sizes[nth];
      rows[`${provider.name}, ${workers} workers`] = {
        "ready, in boots": (life.readyMs / BOOT_MS).toFixed(2),
        ...(values.halve ? { "halved, s": (life.halvedMs / 1000).toFixed(1) } : {}),
        "close, s": (life.closeMs / 1000).toFixed(1),
        calls: String(sum(life.calls)),
        "launcher's CPU, s": `${life.cpuSeconds.toFixed(2)} (${(life.cpuSeconds / (baseline?.cpuSeconds ?? 1)).toFixed(1)} ×)`,
        "of it to import, s": life.importCpuSeconds.toFixed(2),
        "launcher's peak RSS, MB": `${life.peakRssMb.toFixed(0)} (${(life.peakRssMb / (baseline?.peakRssMb ?? 1)).toFixed(1)} ×)`,
      };
      for (const [operation, count] of life.calls) (calls[operation] ??= {})[`${workers} workers`] = count;
      if (life.watchCpuSeconds === 0) continue;
      const perHour = HOUR_S / watchSeconds;
      watched[`${provider.name}, ${workers} idle workers, watched for an hour`] = {
        calls: `${Math.round(sum(life.watchCalls) * perHour)} (${sum(life.watchCalls)} in ${watchSeconds} s)`,
        "launcher's CPU, s": `${(life.watchCpuSeconds * perHour).toFixed(2)} (${life.watchCpuSeconds.toFixed(2)} in ${watchSeconds} s)`,
      };
    }
    console.table(rows);
    if (Object.keys(watched).length > 0) console.table(watched);
    console.table(calls);
  }
} finally {
  await rm(state, { recursive: true, force: true });
}
