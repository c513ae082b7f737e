import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { messageOf } from "../../../src/errors.ts";
import { sleep } from "../../../src/wait.ts";
import { DRAWN, drawn } from "../../support/drawn.ts";
import { patient } from "../../support/patience.ts";
import { asThereIsRoom } from "../as-there-is-room.ts";
import { LIFE_BEHAVIOUR, LIFE_NAMES, type LifeName, lifeNamed } from "../lives.ts";
import type { ProviderUnderTest } from "../provider-under-test.ts";
import { rehearsal } from "../rehearsal.ts";
import { ownState, World } from "../world.ts";

/** For both ways of cancelling, which run together. */
const TIMEOUT_MS = patient(300_000);
/** How long after its cancellation a call takes effect. */
const LATE_MS = 200;
/** What comes later than that is found by nobody. So far away from it that a busy computer does not make the call too late. */
const LAG_MS = patient(3 * LATE_MS);

/** How and when a start is cancelled. */
interface Cancelled {
  readonly how: keyof typeof WAYS;
  readonly life: LifeName;
  readonly call: number;
}

/** Cancels a start of one group or two during a call that the cloud still carries out. Counts the calls first. */
export async function describeGivenUp(provider: ProviderUnderTest): Promise<void> {
  const all: Cancelled[] = [];
  for (const life of LIFE_NAMES) {
    const { length } = await rehearsal(provider, life);
    const calls = Array.from({ length }, (_, call) => call);
    all.push(...calls.flatMap((call) => HOW.map((how) => ({ how, life, call }))));
  }
  const share = drawn(all, ({ call }) => `given up ${call}`);
  const sharesOf = HOW.map((how) => ({ how, cases: share.filter((each) => each.how === how) }));
  describe(`${provider.name}: a cancelled start (${DRAWN})`, () => {
    ownState();
    test.concurrent.for(sharesOf.map((each) => ({ ...each, count: each.cases.length })))(
      "by $how at $count of its first calls leaves nothing, even if the cloud carries that call out later",
      { timeout: TIMEOUT_MS },
      async ({ cases }) => {
        const lives = await asThereIsRoom(cases, (cancelled) => problemsOf(provider, cancelled));
        expect(lives.flatMap((life) => (life.status === "fulfilled" ? life.value : [messageOf(life.reason)]))).toEqual(
          [],
        );
      },
    );
  });
}

/** Starts a cluster and cancels it when `arrived` is called; returns what should not have happened. */
type GiveUp = (cluster: ClusterManager, arrived: Promise<void>) => Promise<readonly string[]>;

const abort: GiveUp = async (cluster, arrived) => {
  const controller = new AbortController();
  const reason = new Error("given up");
  void arrived.then(() => controller.abort(reason));
  const error: unknown = await cluster.start(controller).catch((thrown: unknown) => thrown);
  // The start was over before that call.
  if (error === cluster) return [];
  return error === reason ? [] : [`not the signal's reason: ${messageOf(error)}`];
};

const close: GiveUp = async (cluster, arrived) => {
  const closed = arrived.then(() => cluster.close());
  const error: unknown = await cluster.start().catch((thrown: unknown) => thrown);
  if (error === cluster) return [];
  await closed;
  return (error as { code?: unknown }).code === "CLOSED" ? [] : [`not the code CLOSED: ${messageOf(error)}`];
};

const WAYS = { "an abort": abort, "close()": close } as const;
const HOW = Object.keys(WAYS) as readonly (keyof typeof WAYS)[];

async function problemsOf(provider: ProviderUnderTest, { how, life, call }: Cancelled): Promise<readonly string[]> {
  await using world = await World.open(provider, LIFE_BEHAVIOUR);
  const cluster = world.cluster({ ...lifeNamed(life).options, listLagMs: LAG_MS });
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  world.cloud.recorder.delay(call, LATE_MS, resolve);
  const problems = [...(await WAYS[how](cluster, arrived))];
  await cluster.close();
  // What comes into being after the close would be found by nobody.
  await sleep(2 * LATE_MS);
  problems.push(...world.leftovers(cluster).map(({ kind, id }) => `left behind: ${kind} ${id}`));
  problems.push(...world.cloud.cloud.violations);
  if (existsSync(cluster.stateDirectory)) problems.push("the state directory was left");
  const operation = world.cloud.cloud.calls.operations()[call];
  return problems.map((problem) => `${life}, given up at call ${call} (${operation}): ${problem}`);
}
