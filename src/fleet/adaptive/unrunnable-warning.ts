import type { UnrunnableTasks } from "../../dask/demand.ts";
import { printableName } from "../../text/printable.ts";

const LONGEST_NAME = 80;

/** Warns once of each kind of tasks that no worker can run. */
export class UnrunnableWarning {
  readonly #told = new Set<string>();

  /** @param offered the resources of each new worker */
  of(kind: UnrunnableTasks, offered: Readonly<Record<string, number>>): string | undefined {
    const needed = Object.entries(kind.resources).map(([name, amount]) => `${shown(name)}=${amount}`);
    const key = needed.join();
    if (this.#told.has(key)) return undefined;
    this.#told.add(key);
    const tasks = kind.tasks === 1 ? "1 task" : `${kind.tasks} tasks`;
    if (needed.length === 0) {
      const places = kind.places.map(shown).join(", ");
      return `Adapting adds no machines for ${tasks}: a new machine cannot run what is restricted to ${places}, and the cluster has no such worker.`;
    }
    const has = Object.keys(kind.resources).map((name) => {
      const amount = Object.hasOwn(offered, name) ? offered[name] : undefined;
      return amount === undefined ? `no ${shown(name)}` : `${shown(name)}=${amount}`;
    });
    return (
      `Adapting adds no machines for ${tasks}: each needs ${needed.join(" and ")}, and the cluster's workers have ` +
      `${has.join(" and ")}. Set the resources option of workerOptions, or submit the tasks without resources.`
    );
  }
}

/** A name from a task: foreign text. */
function shown(name: string): string {
  return printableName(name, LONGEST_NAME);
}
