import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect } from "vitest";

import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { sleep } from "../../../src/wait.ts";
import { patient, patientSpeed } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { Guarded } from "../guarded.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { twoGroups } from "../two-groups.ts";
import { sentences, type World } from "../world.ts";

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
/** A later signal is not the same Ctrl-C any more. */
const AFTER_ECHO_MS = 700;
/** Every call takes so long: what waits for one before it deletes machines is seen. */
const LATENCY_MS = 300;
const SLOW_CALLS = { latencyMs: LATENCY_MS * 1000 };
/** Machines end slowly enough for two signals. */
const SLOW_MACHINES = { stoppingMs: 4_000_000, speed: patientSpeed() };

export function describeSignals(provider: ProviderUnderTest): void {
  const name = provider.manifest.command;

  describe(`${provider.name}: a close`, () => {
    const holds = sentences(provider);

    holds(
      "deletes all machines before any other call, however slow Dask, a command or the cloud is",
      async (world) => {
        const cluster = await world.started(twoGroups({ cpu: 1, gpu: 1 }));
        const command = cluster.run("bash", ["-c", "trap '' TERM; while :; do sleep 0.1; done"], { stdio: "ignore" });
        command.catch(() => undefined);
        world.dask(cluster).isMute = true;
        const { tookMs, calls } = await untilAskedToGo(world, cluster);
        expect(tookMs).toBeLessThan(patient(LATENCY_MS));
        expect(calls.filter((operation) => !provider.isMutation(operation))).toEqual([]);
        await expect(command).rejects.toMatchObject({ code: "CLOSED" });
      },
      SLOW_CALLS,
    );

    holds(
      "during a start deletes the known machines within the first second",
      async (world) => {
        const cluster = world.cluster(twoGroups({ cpu: 1, gpu: 1 }));
        const made = Promise.withResolvers<void>();
        cluster.onProgress((event) => {
          if (event.type === "phase-finished" && event.phase === "worker machines") made.resolve();
        });
        const start = cluster.start();
        start.catch(() => undefined);
        await Promise.race([made.promise, start]);
        expect((await untilAskedToGo(world, cluster)).tookMs).toBeLessThan(patient(1000));
        await expect(start).rejects.toMatchObject({ code: "CLOSED" });
      },
      { ...SLOW_CALLS, bootMs: 60_000_000 },
    );
  });

  describe(`${provider.name}: a second signal`, () => {
    const holds = sentences(provider);

    holds(
      "ends the program at once and prints what may be left and the command that removes it from any computer",
      async (world) => {
        const options = { name: "cut-short", nWorkers: 2 };
        const { endpoint } = world.cloud.cloud;
        await using program = new Guarded({ provider: name, endpoint, options, behaviour: "stays", thread: false });
        await program.up();
        program.child.kill("SIGINT");
        await until(
          "the machines to be asked to go",
          () => world.alive().length === 0,
          20_000,
          () => program.err,
        );
        await sleep(AFTER_ECHO_MS);
        const left = world.leftovers(options).map(({ id }) => id);
        expect(left.length).toBeGreaterThan(3);
        program.child.kill("SIGTERM");
        expect(await program.ended).toEqual([143, null]);
        const [, words = "", line = ""] =
          /Left behind: (.*)\. It may cost money\. Remove it: (.*)\n$/.exec(program.err) ?? [];
        for (const id of left) expect(words).toContain(id);
        expect(words.match(/machine \S+ \(deletion accepted\)/g)).toHaveLength(3);
        await removeFromElsewhere(line);
        expect(world.leftovers(options)).toEqual([]);
      },
      SLOW_MACHINES,
    );

    holds("names machines whose creation the cloud has not confirmed", async (world) => {
      const options = { name: "unanswered", nWorkers: 2 };
      const { endpoint } = world.cloud.cloud;
      const { operation, nth } = provider.makesWorkers;
      let asked = 0;
      world.cloud.recorder.silenceWhen((recorded) => recorded.operation === operation && ++asked > nth, {
        effect: true,
      });
      await using program = new Guarded({ provider: name, endpoint, options, behaviour: "stays", thread: false });
      await until(
        "the workers to be asked for",
        () => asked > nth,
        30_000,
        () => program.err,
      );
      const scheduler = world.cloud.machines.find(({ role }) => role === "scheduler");
      program.child.kill("SIGINT");
      await until("the first words", () => program.err.includes("SIGINT: closing unanswered. It may take up to "));
      await sleep(AFTER_ECHO_MS);
      program.child.kill("SIGINT");
      expect(await program.ended).toEqual([130, null]);
      expect(program.err).toContain(`machine ${scheduler?.id ?? "?"}`);
      expect(program.err).toMatch(/perhaps (?:2 )?machines \(creation not confirmed\)/);
      world.cloud.recorder.speak();
      await world.statics.remove(options.name, {}, { forget: true });
      expect(world.leftovers(options)).toEqual([]);
    });
  });
}

/** Closes a cluster. Returns how long it took until no machine of it is alive, and what was asked of the cloud until then. */
async function untilAskedToGo(
  world: World,
  cluster: ClusterManager,
): Promise<{ readonly tookMs: number; readonly calls: readonly string[] }> {
  const before = world.cloud.recorder.requests.length;
  const [at, closing] = [performance.now(), cluster.close()];
  closing.catch(() => undefined);
  while (world.alive(cluster).length > 0 && cluster.state !== "closed") await sleep(2);
  const tookMs = Math.round(performance.now() - at);
  const calls = world.cloud.recorder.requests.slice(before).map(({ operation }) => operation);
  console.info(`${world.provider.name}: machines asked to go ${tookMs} ms after close(): ${calls.join(", ")}`);
  await closing;
  return { tookMs, calls };
}

/** Runs a printed command on a computer without the cluster's record. */
async function removeFromElsewhere(line: string): Promise<void> {
  const XDG_STATE_HOME = await mkdtemp(join(tmpdir(), "dask-fleet-elsewhere-"));
  try {
    const script = `dask-fleet() { "$NODE" "$MAIN" "$@" --list-lag-ms 150 --poll-interval-ms 20; }; ${line}`;
    const env = { ...process.env, XDG_STATE_HOME, NODE: process.execPath, MAIN };
    await run("bash", ["-c", script], { env });
  } finally {
    await rm(XDG_STATE_HOME, { recursive: true });
  }
}
