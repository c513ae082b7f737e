import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { messageOf } from "../../../src/errors.ts";
import { sleep } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";
import { asThereIsRoom } from "../as-there-is-room.ts";
import { LIFE_BEHAVIOUR, LIFE_OPTIONS } from "../fault-life.ts";
import type { ClusterOptions, ProviderUnderTest } from "../provider-under-test.ts";
import { rehearsal } from "../rehearsal.ts";
import { ownState, World } from "../world.ts";

/** For both ways of cancelling, which run together. */
const TIMEOUT_MS = patient(300_000);
/** How long after its cancellation a call takes effect. */
const LATE_MS = 200;
/** What comes later than that is found by nobody. So far away from it that a busy computer does not make the call too late. */
const OPTIONS: ClusterOptions = { ...LIFE_OPTIONS, listLagMs: patient(3 * LATE_MS) };

/** Cancels a start during a call that the cloud still carries out. Counts the calls first. */
export async function describeGivenUp(provider: ProviderUnderTest): Promise<void> {
  const calls = (await rehearsal(provider)).length;
  describe(`${provider.name}: a cancelled start`, () => {
    ownState();
    test.concurrent.for([
      { how: "an abort", giveUp: abort },
      { how: "close()", giveUp: close },
    ])(
      `by $how at any of its first ${calls} calls leaves nothing, even if the cloud carries that call out later`,
      { timeout: TIMEOUT_MS },
      async ({ giveUp }) => {
        const each = Array.from({ length: calls }, (_, call) => call);
        const lives = await asThereIsRoom(each, (call) => problemsOf(provider, call, giveUp));
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

async function problemsOf(provider: ProviderUnderTest, call: number, giveUp: GiveUp): Promise<readonly string[]> {
  await using world = await World.open(provider, LIFE_BEHAVIOUR);
  const cluster = world.cluster(OPTIONS);
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  world.cloud.recorder.delay(call, LATE_MS, resolve);
  const problems = [...(await giveUp(cluster, arrived))];
  await cluster.close();
  // What comes into being after the close would be found by nobody.
  await sleep(2 * LATE_MS);
  problems.push(...world.leftovers(cluster).map(({ kind, id }) => `left behind: ${kind} ${id}`));
  problems.push(...world.cloud.cloud.violations);
  if (existsSync(cluster.stateDirectory)) problems.push("the state directory was left");
  const operation = world.cloud.cloud.calls.operations()[call];
  return problems.map((problem) => `given up at call ${call} (${operation}): ${problem}`);
}
