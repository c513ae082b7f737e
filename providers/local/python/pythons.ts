import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import { type DaskPython, findPython } from "./python.ts";

interface Wishes {
  /** The cluster's option. */
  readonly python: string | undefined;
  readonly groups: readonly WorkerGroup[];
}

/** The Pythons of a cluster: the scheduler's, which commands and most groups of workers have too, and those of groups with an own one. */
export class Pythons {
  #cluster: DaskPython | undefined;
  readonly #own = new Map<string, DaskPython>();

  /** Finds all of them, each text once. */
  async find({ python, groups }: Wishes, elsewhere: string, signal: AbortSignal): Promise<DaskPython> {
    const searches = new Map<string | undefined, Promise<DaskPython>>();
    const search = async (wanted: string | undefined, option: string): Promise<DaskPython> => {
      const found = searches.get(wanted) ?? findPython({ wanted, option, elsewhere }, signal);
      searches.set(wanted, found);
      return await found;
    };
    const [cluster, ...own] = await Promise.all([
      search(python, "python"),
      ...groups.flatMap((group) => {
        const wanted = ownPython(group);
        if (wanted === undefined) return [];
        return [search(wanted, `workers.${group.name}.python`).then((found) => [group.name, found] as const)];
      }),
    ]);
    this.#cluster = cluster;
    for (const [name, found] of own) this.#own.set(name, found);
    return cluster;
  }

  /** Undefined before {@link find}: for a preview. */
  of(group: WorkerGroup | undefined): DaskPython | undefined {
    return group === undefined || ownPython(group) === undefined ? this.#cluster : this.#own.get(group.name);
  }

  save(): Record<string, unknown> {
    return { python: this.#cluster, groupPythons: Object.fromEntries(this.#own) };
  }

  restore({ python, groupPythons = {} }: Readonly<Record<string, unknown>>): void {
    this.#cluster = python as DaskPython | undefined;
    for (const [name, found] of Object.entries(groupPythons as Record<string, DaskPython>)) this.#own.set(name, found);
  }
}

/** The group's own option, beside the cluster's. */
export function ownPython({ options }: WorkerGroup): string | undefined {
  const { python } = options;
  return typeof python === "string" ? python : undefined;
}
