import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { chunksOf, mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { DaskFleetError, messageOf } from "../../../src/errors.ts";
import { stateDirectory } from "../../../src/state/state-directory.ts";
import { sleep } from "../../../src/wait.ts";
import { DRAWN, drawn } from "../../support/drawn.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { Launcher } from "../launcher.ts";
import { LIFE_BEHAVIOUR, LIFE_NAMES, type LifeName } from "../lives.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { rehearsal } from "../rehearsal.ts";
import { ownState, World } from "../world.ts";

/** Lives that one launcher lives, and launchers at a time: addresses of clouds are limited. */
const TOGETHER = 12;
const LAUNCHERS = 2;
const TIMEOUT_MS = patient(240_000);

/** Where a launcher is killed. */
interface Death {
  readonly name: string;
  readonly life: LifeName;
  /** From that call on nothing is answered. */
  readonly call: number;
  /** Whether that call still takes effect. */
  readonly effect: boolean;
  /** Whether its record is still there when the cluster is removed. */
  readonly record: boolean;
}

/** Kills a launcher at one call after the other. Counts the calls first. */
export async function describeKilled(provider: ProviderUnderTest): Promise<void> {
  const all: Death[] = [];
  for (const life of LIFE_NAMES) all.push(...deathsIn(life, (await rehearsal(provider, life)).length));
  const deaths = drawn(all, ({ call }) => `killed ${call}`);
  describe(`${provider.name}: a killed launcher (${DRAWN})`, () => {
    ownState();

    test.concurrent(
      `of one group or two, at ${deaths.length} calls, before or after their effect, is cleaned up by remove() from tags alone`,
      { timeout: TIMEOUT_MS },
      async () => {
        const launched = await mapLimited(chunksOf(deaths, TOGETHER), LAUNCHERS, (together) =>
          dieTogether(provider, together),
        );
        const removals = launched.flatMap((each) =>
          each.status === "fulfilled" ? each.value : [{ found: false, problems: [messageOf(each.reason)] }],
        );
        expect(removals.flatMap(({ problems }) => problems)).toEqual([]);
        // Most kills leave something to remove.
        expect(removals.filter(({ found }) => found).length).toBeGreaterThan(deaths.length / 2);
      },
    );

    test.concurrent(
      "sweep() removes its cluster once expired and keeps the others",
      { timeout: TIMEOUT_MS },
      async () => {
        await using world = await World.open(provider, { boot: "none", speed: 100 });
        const { endpoint, calls } = world.cloud.cloud;
        const [doomed, other] = [{ name: "doomed" }, { name: "other" }];
        await using launcher = new Launcher(provider);
        launcher.start([
          { endpoint, life: "two groups", options: { ...doomed, maxLifetimeMs: 1000 } },
          { endpoint, life: "one group", options: { ...other, nWorkers: 1, maxLifetimeMs: 86_400_000 } },
        ]);
        const made = (): number =>
          calls.entries.filter(
            ({ operation, status }) => provider.makesMachines(operation) && status !== undefined && status < 300,
          ).length;
        await until(
          "both clusters' machines",
          () => made() >= 5,
          30_000,
          () => launcher.err,
        );
        await launcher.kill();
        await Promise.all([doomed, other].map(({ name }) => rm(stateDirectory(name), { recursive: true })));
        await sleep(1500);
        expect(world.leftovers(doomed)).not.toEqual([]);
        const others = world.alive().filter(({ tags }) => tags["cluster-name"] === other.name);
        expect(await world.statics.sweep()).toEqual([doomed.name]);
        expect([world.leftovers(doomed), world.alive()]).toEqual([[], others]);
        await world.statics.remove(other.name);
        expect([world.leftovers(other), world.cloud.cloud.violations]).toEqual([[], []]);
      },
    );
  });
}

/** Before and after the effect of each call. */
function deathsIn(life: LifeName, calls: number): readonly Death[] {
  return Array.from({ length: calls }, (_, call) =>
    [false, true].map((effect) => ({
      name: `killed-${life.replaceAll(" ", "-")}-${call}-${effect}`,
      life,
      call,
      effect,
      record: (call % 2 === 0) === effect,
    })),
  ).flat();
}

interface Removal {
  /** Whether there was something to remove. */
  readonly found: boolean;
  /** Leftovers and errors. */
  readonly problems: readonly string[];
}

/** Several lives in one launcher, each killed at a call of its own, and what could be removed after them. */
async function dieTogether(provider: ProviderUnderTest, deaths: readonly Death[]): Promise<readonly Removal[]> {
  await using worlds = new AsyncDisposableStack();
  const lives = await Promise.all(
    deaths.map(async (death) => ({ death, world: worlds.use(await World.open(provider, LIFE_BEHAVIOUR)) })),
  );
  for (const { death, world } of lives) world.cloud.recorder.silence(death.call, death);
  // After the clouds: its environment says where they are.
  await using launcher = new Launcher(provider);
  launcher.start(
    lives.map(({ death, world }) => ({
      endpoint: world.cloud.cloud.endpoint,
      life: death.life,
      options: { name: death.name },
    })),
  );
  const isOver = ({ cloud }: World): boolean => cloud.recorder.isSilent || launcher.done.has(cloud.cloud.endpoint);
  const waitingFor = (): string =>
    `${lives
      .filter(({ world }) => !isOver(world))
      .map(({ death }) => death.name)
      .join(", ")} ${launcher.err}`;
  await until("all lives to stop", () => lives.every(({ world }) => isOver(world)), 60_000, waitingFor);
  await launcher.kill();
  return await Promise.all(lives.map(({ death, world }) => removeAfter(death, world)));
}

async function removeAfter({ name, record }: Death, world: World): Promise<Removal> {
  const { cloud } = world;
  const problems: string[] = [];
  cloud.recorder.speak();
  const path = stateDirectory(name);
  if (!record) await rm(path, { recursive: true, force: true });
  // New resources may not be listed yet; there is time to wait.
  await sleep(150);
  const found = cloud.leftovers(name).length > 0;
  await world.statics.remove(name, {}, { forget: true }).catch((error: unknown) => {
    const unknown = error instanceof DaskFleetError && error.code === "CLUSTER_NOT_FOUND";
    if (!unknown || found || record) problems.push(`${name}: ${messageOf(error)}`);
  });
  for (const { kind, id } of cloud.leftovers(name)) problems.push(`${name}: left behind: ${kind} ${id}`);
  for (const violation of cloud.cloud.violations) problems.push(`${name}: violation: ${violation}`);
  if (existsSync(path)) problems.push(`${name}: the state directory was left`);
  return { found, problems };
}
