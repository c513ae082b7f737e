import { existsSync } from "node:fs";

import type { FaultKind } from "@dask-fleet/simulated-clouds";

import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { TeardownIncompleteError } from "../../src/cluster/end/teardown-error.ts";
import { Deadline } from "../../src/deadline.ts";
import { DaskFleetError } from "../../src/errors.ts";
import type { Resource } from "../../src/provider/machine.ts";
import { within } from "../../src/wait.ts";
import { patient } from "../support/patience.ts";
import { LIFE_BEHAVIOUR, type Life, type LifeName, lifeNamed, stepsOf } from "./lives.ts";
import type { ClusterOptions, ProviderUnderTest } from "./provider-under-test.ts";
import { testOptions } from "./test-options.ts";
import { World } from "./world.ts";

/**
 * How long a fault lasts. `once`: it strikes one arrival, and the SDK's next try meets a healthy cloud. `stubborn`: it strikes
 * all tries of the SDK. `dead`: it strikes every such call until a close has failed.
 */
export type Stubbornness = "once" | "stubborn" | "dead";

/** A fault in a cluster's life. */
export interface FaultCase {
  readonly life: LifeName;
  /** The index of a call, or for `dead` an operation. */
  readonly where: number | string;
  readonly kind: FaultKind;
  readonly lasts: Stubbornness;
}

export function nameOf({ life, where, kind, lasts }: FaultCase): string {
  return `${life}:${where}:${kind}:${lasts}`;
}

/** The case that `DASK_FLEET_FAULT` asks for, such as `two groups:12:lost-reply:stubborn`, to be lived alone. */
export function onlyFault(): string | undefined {
  return process.env["DASK_FLEET_FAULT"];
}

const ATTEMPTS = 1 + (testOptions.apiRetries ?? 0);
const LIFE_TIMEOUT_MS = patient(90_000);
/** What was there at the last look may be gone when the error is thrown. */
const LAST_LOOK_MS = patient(1000);

/** With a call that never works again, waiting is all that is left. */
const SHORT: ClusterOptions = {
  startTimeoutMs: patient(3000),
  scaleTimeoutMs: patient(2000),
  closeTimeoutMs: patient(2500),
};

export interface Outcome {
  /** Whether the fault hit at all: the number of reads differs between lifecycles. */
  readonly struck: boolean;
  /** Violated expectations, if any. */
  readonly problems: readonly string[];
}

/** Lives a life with a fault in it, to its end. */
export async function liveWith(provider: ProviderUnderTest, fault: FaultCase): Promise<Outcome> {
  await using world = await World.open(provider, LIFE_BEHAVIOUR);
  const life = new FaultyLife(world, fault);
  try {
    await within("the life to end", new Deadline(LIFE_TIMEOUT_MS), () => life.live());
  } catch (error) {
    life.problems.push(describe(error));
  }
  const { entries } = world.cloud.cloud.calls;
  const operation = entries.find((entry) => entry.fault !== undefined)?.operation;
  return {
    struck: operation !== undefined,
    problems: life.problems.map((problem) => `DASK_FLEET_FAULT="${nameOf(fault)}" (${operation}): ${problem}`),
  };
}

class FaultyLife {
  readonly problems: string[] = [];
  readonly #world: World;
  readonly #fault: FaultCase;
  readonly #life: Life;
  readonly #cluster: ClusterManager;
  /** When everything that was ever there was last seen to be there, by id. */
  readonly #lastHeld = new Map<string, number>();

  constructor(world: World, fault: FaultCase) {
    this.#world = world;
    this.#fault = fault;
    this.#life = lifeNamed(fault.life);
    this.#cluster = world.cluster({ ...this.#life.options, ...(fault.lasts === "dead" ? SHORT : {}) });
    world.cloud.recorder.watch(() => {
      this.#held();
      return undefined;
    });
  }

  async live(): Promise<void> {
    this.#strike();
    const cluster = this.#cluster;
    for (const step of stepsOf(cluster, this.#life)) {
      const failed = await step().then(
        () => false,
        (error: unknown) => this.#judge(error),
      );
      if (failed) break;
    }
    await this.#close();
    const left = this.#held();
    if (left.length > 0) this.problems.push(`left behind: ${list(left)}`);
    if (existsSync(cluster.stateDirectory)) this.problems.push("the state directory was left");
    if (cluster.state !== "closed") this.problems.push(`the cluster is ${cluster.state}`);
    for (const [group, most] of Object.entries(this.#life.most)) {
      const peak = this.#world.peakOf(group);
      if (peak > most)
        this.problems.push(`there were ${peak} machines of the group ${group}, ${most} at most were wanted`);
    }
    const { cloud } = this.#world;
    this.problems.push(...cloud.cloud.violations.map((violation) => `violation: ${violation}`));
  }

  #strike(): void {
    const { where, kind, lasts } = this.#fault;
    const { faults } = this.#world.cloud.cloud;
    if (typeof where === "string") faults.onOperation(where, kind, { times: Infinity });
    else faults.at(where, kind, { times: lasts === "once" ? 1 : ATTEMPTS });
  }

  async #close(): Promise<void> {
    try {
      await this.#cluster.close();
      return;
    } catch (error) {
      this.#judge(error);
      if (!(error instanceof TeardownIncompleteError)) return;
    }
    this.#world.cloud.cloud.faults.clear();
    await this.#cluster.close().catch((error: unknown) => this.problems.push(`the second close: ${describe(error)}`));
  }

  /** An error must be one of ours; one about leftovers must list all of them. */
  #judge(error: unknown): true {
    const held = this.#held();
    const told =
      error instanceof TeardownIncompleteError ? error : (error as { teardownError?: unknown }).teardownError;
    if (!(error instanceof DaskFleetError)) this.problems.push(`not an error of ours: ${describe(error)}`);
    if (told === undefined) return true;
    if (!(told instanceof TeardownIncompleteError)) {
      this.problems.push(`not an error of ours: ${describe(told)}`);
      return true;
    }
    const named = new Set(told.left.map(({ id }) => id));
    if (this.#couldNotKnow(told)) return true;
    const missing = held.filter(({ id }) => !named.has(id));
    if (missing.length > 0) this.problems.push(`an error that does not tell of ${list(missing)}: ${told.message}`);
    const longAgo = performance.now() - LAST_LOOK_MS;
    const gone = told.left.filter(({ id }) => (this.#lastHeld.get(id) ?? -Infinity) < longAgo);
    if (gone.length > 0) this.problems.push(`an error that tells of ${list(gone)}, long gone: ${told.message}`);
    return true;
  }

  /** An error cannot list what the cloud does not report, but it must say so. */
  #couldNotKnow({ message }: TeardownIncompleteError): boolean {
    const { provider, cloud } = this.#world;
    const struck = cloud.cloud.calls.entries.filter(({ fault }) => fault !== undefined);
    const aboutLooks = struck.every(({ operation }) => !provider.isMutation(operation));
    return (aboutLooks && message.includes("\n- ")) || message.includes("the provider does not list them yet");
  }

  #held(): readonly Resource[] {
    const held = this.#world.leftovers(this.#cluster);
    const now = performance.now();
    for (const { id } of held) this.#lastHeld.set(id, now);
    return held;
  }
}

function list(things: readonly Resource[]): string {
  return things.map(({ kind, id }) => `${kind} ${id}`).join(", ");
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
