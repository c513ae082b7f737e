import { isDeepStrictEqual } from "node:util";

import type { Membership } from "../dask/agent/membership-watcher.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { messageOf } from "../errors.ts";
import { Adaptive, type SeenGroup } from "../fleet/adaptive/adaptive.ts";
import { GroupShape } from "../fleet/adaptive/group-shape.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { GroupFleet } from "../fleet/group-fleet.ts";
import type { ResolvedClusterOptions } from "../provider/cluster-options.ts";
import { splitValues } from "../provider/secrets/split-values.ts";
import { type GroupSizes, optionsFor, withinBounds } from "../provider/worker-group.ts";
import type { GroupBounds, IntendedBounds } from "../state/intended-bounds.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

export interface AdaptingOptions {
  readonly spec: Pick<ClusterSpec, "options" | "groups" | "group">;
  readonly fleet: Fleet;
  readonly scheduler: () => SchedulerClient | undefined;
  /** The workers as the agent tells them; undefined where it does not. */
  readonly membership: () => Membership | undefined;
  /** Sets the targets of groups. */
  readonly setTargets: (sizes: GroupSizes) => Promise<void>;
  /** Whether another component reports such errors. */
  readonly isToldElsewhere: (error: unknown) => boolean;
  readonly warn: (message: string) => void;
}

/** The worker groups that follow what tasks need, within the bounds that were asked for and their own. */
export class Adapting {
  readonly #options: AdaptingOptions;
  readonly #shapes: ReadonlyMap<string, GroupShape>;
  readonly #adaptive: Adaptive;
  /** As they were asked for. */
  readonly #asked = new Map<string, IntendedBounds>();

  constructor(options: AdaptingOptions) {
    const { spec, fleet, scheduler, membership, setTargets, isToldElsewhere, warn } = options;
    this.#options = options;
    this.#shapes = new Map(
      spec.groups.map((group) => [group.name, new GroupShape(shapeOf(optionsFor(spec.options, group)))] as const),
    );
    this.#adaptive = new Adaptive({
      scheduler,
      workers: async (client, signal) => membership()?.workers ?? (await client.workers({ signal })),
      groups: () => fleet.groups.map((group) => this.#seen(group)),
      placeOf: (worker) => fleet.placeOf(worker),
      setTargets: async (sizes) => {
        await setTargets(sizes);
        await fleet.reconcile();
      },
      onTrouble: (error) => {
        if (!isToldElsewhere(error)) warn(`Adapting: ${messageOf(error)}`);
      },
      warn,
    });
  }

  #seen({ name, workersPerMachine, target, size, joined, shortage, hopeless }: GroupFleet): SeenGroup {
    const isShort = shortage !== undefined || hopeless !== undefined;
    const shape = this.#shapes.get(name) ?? new GroupShape({});
    return { name, workersPerMachine, target, size, joined, isShort, shape };
  }

  /** Whether any group adapts. */
  get isOn(): boolean {
    return this.#asked.size > 0;
  }

  /** The most machines that a group may get by adapting. */
  maximumOf(group: string): number {
    return this.#adaptive.paces.get(group)?.maximum ?? 0;
  }

  /** Starts adapting a group, within its own bounds too. */
  begin(name: string, asked: IntendedBounds): void {
    const group = this.#options.spec.group(name);
    const bounds = { minimum: withinBounds(asked.minimum, group), maximum: withinBounds(asked.maximum, group) };
    this.#asked.set(name, asked);
    this.#adaptive.follow(name, { ...asked, ...bounds });
  }

  /** Has exactly these groups adapt; what is as wished goes on. */
  follow(wished: GroupBounds): void {
    const over = [...this.#asked.keys()].filter((name) => wished[name] === undefined);
    if (over.length > 0) void this.stop(...over);
    for (const [name, asked] of Object.entries(wished))
      if (!isDeepStrictEqual(this.#asked.get(name), asked)) this.begin(name, asked);
  }

  /** @param groups Default: all */
  async stop(...groups: readonly string[]): Promise<void> {
    const names = groups.length === 0 ? [...this.#asked.keys()] : groups;
    for (const name of names) this.#asked.delete(name);
    await this.#adaptive.stop(names);
  }
}

/** What is in a store says nothing about a worker's resources. */
function shapeOf({ workerOptions, envVars }: ResolvedClusterOptions): ConstructorParameters<typeof GroupShape>[0] {
  return { workerOptions, envVars: splitValues(envVars).plain };
}
