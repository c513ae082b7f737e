// A cluster's start and close on simulated clouds: calls, time in boots of one machine, and what the launcher takes. The baseline is
// the life of a cluster with one worker in the same run. It takes some minutes: the clouds are as slow as real ones.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { allProviders } from "../test/conformance/adapters.ts";
import type { ProviderUnderTest } from "../test/conformance/provider-under-test.ts";
import type { Cost, Order } from "./clouds-launcher.ts";

const LAUNCHER = fileURLToPath(new URL("clouds-launcher.ts", import.meta.url));
const SIZES = [1, 2, 100, 1000];
/** A machine of a cloud is up after about a minute, its image pulled. */
const BOOT_MS = 60_000;
/** As fast as life: in a quicker cloud the launcher's own time would look long. */
const SPEED = 1;
const POLL_INTERVAL_MS = 5000;

/** Of providers, as docs/clouds.md has them; of all without any. */
const wanted = process.argv.slice(2);

interface Life extends Cost {
  readonly calls: ReadonlyMap<string, number>;
}

async function live(provider: ProviderUnderTest, workers: number, state: string): Promise<Life> {
  await using world = await provider.open({ boot: "paper", bootMs: BOOT_MS, speed: SPEED });
  const child = fork(LAUNCHER, [provider.name], { env: { ...process.env, XDG_STATE_HOME: state }, execArgv: [] });
  const ended = once(child, "close");
  const answered = once(child, "message");
  child.send({ endpoint: world.cloud.endpoint, workers, pollIntervalMs: POLL_INTERVAL_MS } satisfies Order);
  const [cost] = (await Promise.race([answered, ended])) as [Cost | number | null];
  await ended;
  if (typeof cost !== "object" || cost === null) throw new Error(`The launcher of ${workers} workers has failed`);
  const operations = Map.groupBy(world.cloud.calls.operations(), (operation) => operation);
  return { ...cost, calls: new Map([...operations].map(([operation, { length }]) => [operation, length])) };
}

const state = await mkdtemp(join(tmpdir(), "dask-fleet-bench-"));
try {
  for (const provider of (await allProviders()).filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const rows: Record<string, Record<string, string>> = {};
    const calls: Record<string, Record<string, number>> = {};
    const lives = await Promise.all(SIZES.map((workers) => live(provider, workers, state)));
    const [baseline] = lives;
    for (const [nth, life] of lives.entries()) {
      const workers = SIZES[nth];
      rows[`${provider.name}, ${workers} workers`] = {
        "ready, in boots": (life.readyMs / BOOT_MS).toFixed(2),
        "close, s": (life.closeMs / 1000).toFixed(1),
        calls: String([...life.calls.values()].reduce((sum, count) => sum + count, 0)),
        "launcher's CPU, s": `${life.cpuSeconds.toFixed(2)} (${(life.cpuSeconds / (baseline?.cpuSeconds ?? 1)).toFixed(1)} ×)`,
        "launcher's peak RSS, MB": `${life.peakRssMb.toFixed(0)} (${(life.peakRssMb / (baseline?.peakRssMb ?? 1)).toFixed(1)} ×)`,
      };
      for (const [operation, count] of life.calls) (calls[operation] ??= {})[`${workers} workers`] = count;
    }
    console.table(rows);
    console.table(calls);
  }
} finally {
  await rm(state, { recursive: true, force: true });
}
