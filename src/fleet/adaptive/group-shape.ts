import type { NodeSpec } from "../../bootstrap/node-spec.ts";
import type { WorkerInfo } from "../../dask/worker-info.ts";
import { OfferedResources } from "./offered-resources.ts";
import type { WorkerShape } from "./worker-bins.ts";

/** What each worker of a group has: as its options say, and as seen, since the machine decides the rest. */
export class GroupShape {
  readonly #offered: OfferedResources;
  readonly #threads: number | undefined;
  #seenThreads: number | undefined;

  constructor(options: Pick<NodeSpec, "workerOptions" | "envVars">) {
    this.#offered = new OfferedResources(options);
    const threads = options.workerOptions?.["nthreads"];
    this.#threads = typeof threads === "number" && threads > 0 ? threads : undefined;
  }

  /** @param workers of the group. Types of machines may differ in threads: the average counts */
  see(workers: readonly Pick<WorkerInfo, "nthreads" | "resources">[]): void {
    const [first] = workers;
    if (first === undefined) return;
    this.#seenThreads = workers.reduce((sum, { nthreads }) => sum + nthreads, 0) / workers.length;
    this.#offered.see(first.resources);
  }

  /** @param usualThreads where neither the options nor a worker have told the threads */
  shape(usualThreads: number): WorkerShape {
    return {
      threads: Math.max(1, this.#seenThreads ?? this.#threads ?? usualThreads),
      resources: this.#offered.amounts,
    };
  }
}
