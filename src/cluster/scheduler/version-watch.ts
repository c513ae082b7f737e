import type { RequestOptions, SchedulerClient } from "../../dask/scheduler-client.ts";
import { versionDifferences } from "../../dask/versions.ts";
import type { ProgressEvent } from "../../progress.ts";
import { DEFAULT_GROUP } from "../../provider/worker-group.ts";

interface VersionWatchInput {
  readonly link: () => SchedulerClient | undefined;
  /** The names of the worker groups. */
  readonly groups: readonly string[];
  /** The worker group of a worker, by its name. */
  readonly groupOf: (worker: string) => string | undefined;
  /** Whether a start is under way: it compares at its end. */
  readonly isStarting: () => boolean;
  readonly warn: (message: string) => void;
}

/**
 * Compares the versions of each worker group with the scheduler's, once: a group has one image, and different versions fail in obscure
 * ways. A group that starts without machines is compared when its first one joins.
 */
export class VersionWatch {
  readonly #input: VersionWatchInput;
  readonly #compared = new Set<string>();
  /** Machines that this process has created, and that have not joined. */
  readonly #awaited = new Set<string>();

  constructor(input: VersionWatchInput) {
    this.#input = input;
  }

  /** Takes in what happens to machines. */
  see(event: ProgressEvent): void {
    if (event.type !== "machine") return;
    const { change, id, group } = event;
    if (change === "created") this.#awaited.add(id);
    else if (change !== "booted" && this.#awaited.delete(id) && change === "joined") this.#joined(group);
  }

  /** Compares all groups that have workers, and warns of each that differs. Throws when Dask does not answer. */
  async compare(options: RequestOptions = {}): Promise<void> {
    await this.#compare(options, () => true);
  }

  #joined(group: string): void {
    if (this.#compared.has(group) || this.#input.isStarting()) return;
    this.#compared.add(group);
    // A failure is no news of the versions: the next machine of the group is another chance.
    this.#compare({}, (each) => each === group).catch(() => this.#compared.delete(group));
  }

  async #compare(options: RequestOptions, isAsked: (group: string) => boolean): Promise<void> {
    const client = this.#input.link();
    if (client === undefined) return;
    // Workers on none of the cluster's machines count as `default`.
    const groupAt = new Map<string, string>();
    for (const { address, name } of await client.workers(options)) {
      const group = this.#input.groupOf(name) ?? DEFAULT_GROUP;
      if (isAsked(group)) groupAt.set(address, group);
    }
    const { scheduler, workers } = await client.versions({ ...options, workers: [...groupAt.keys()] });
    const byGroup = Map.groupBy(workers, ([address]) => groupAt.get(address) ?? DEFAULT_GROUP);
    for (const [group, members] of byGroup) {
      this.#compared.add(group);
      const differences = versionDifferences(
        scheduler,
        members.map(([, versions]) => versions),
      );
      if (differences.length > 0) this.#warn(group, differences);
    }
  }

  #warn(group: string, differences: readonly string[]): void {
    const isNamed = group !== DEFAULT_GROUP || this.#input.groups.length > 1;
    const whose = isNamed ? `the workers of the group ${group}` : "its workers";
    this.#input.warn(`The scheduler and ${whose} run different versions: ${differences.join("; ")}.`);
  }
}
