import { isDeepStrictEqual } from "node:util";

import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { messageOf } from "../errors.ts";
import { type AdaptOptions, Adaptive } from "../fleet/adaptive/adaptive.ts";
import { OfferedResources } from "../fleet/adaptive/offered-resources.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { optionsFor, withinBounds } from "../provider/worker-group.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

export interface AdaptingOptions {
  readonly spec: Pick<ClusterSpec, "options" | "group">;
  readonly fleet: Fleet;
  readonly scheduler: () => SchedulerClient | undefined;
  /** Sets the target of a group. */
  readonly setTarget: (group: string, workers: number) => Promise<void>;
  /** Whether another component reports such errors. */
  readonly isToldElsewhere: (error: unknown) => boolean;
  readonly warn: (message: string) => void;
}

interface Begun {
  readonly adaptive: Adaptive;
  readonly asked: AdaptOptions;
  readonly maximum: number;
}

/** The worker groups that follow Dask's adaptive target. Each asks for itself, with the resources of its own workers. */
export class Adapting {
  readonly #options: AdaptingOptions;
  readonly #byGroup = new Map<string, Begun>();

  constructor(options: AdaptingOptions) {
    this.#options = options;
  }

  /** Whether any group adapts. */
  get isOn(): boolean {
    return this.#byGroup.size > 0;
  }

  /** The most machines that a group may get by adapting. */
  maximumOf(group: string): number {
    return this.#byGroup.get(group)?.maximum ?? 0;
  }

  /** Starts adapting a group, within its own bounds too. */
  begin(name: string, asked: AdaptOptions): void {
    const { minimum = 0, maximum, ...options } = asked;
    const { spec, fleet, scheduler, setTarget, isToldElsewhere, warn } = this.#options;
    const group = spec.group(name);
    const bounds = { minimum: withinBounds(minimum, group), maximum: withinBounds(maximum, group) };
    void this.stop(name);
    const adaptive = new Adaptive(
      { ...options, ...bounds },
      {
        scheduler,
        processes: () => fleet.group(name).workersPerMachine,
        offered: new OfferedResources(optionsFor(spec.options, group)),
        isOurs: (worker) => fleet.placeOf(worker).group === name,
        current: () => fleet.group(name).target,
        setTarget: async (workers) => {
          await setTarget(name, workers);
          await fleet.reconcile();
        },
        onTrouble: (error) => {
          if (!isToldElsewhere(error)) warn(`Adapting: ${messageOf(error)}`);
        },
        warn,
      },
    );
    this.#byGroup.set(name, { adaptive, asked, maximum: bounds.maximum });
  }

  /** Has exactly these groups adapt; what is as wished goes on. */
  follow(wished: Readonly<Record<string, AdaptOptions>>): void {
    for (const name of this.#byGroup.keys()) if (wished[name] === undefined) void this.stop(name);
    for (const [name, asked] of Object.entries(wished))
      if (!isDeepStrictEqual(this.#byGroup.get(name)?.asked, asked)) this.begin(name, asked);
  }

  /** @param groups Default: all */
  async stop(...groups: readonly string[]): Promise<void> {
    const names = groups.length === 0 ? [...this.#byGroup.keys()] : groups;
    const ending = names.map(async (name) => await this.#byGroup.get(name)?.adaptive.stop());
    for (const name of names) this.#byGroup.delete(name);
    await Promise.all(ending);
  }
}
