import type { ResourceDemand, Resources, TiedTasks } from "../../dask/demand.ts";
import { printableName } from "../../text/printable.ts";

const LONGEST_NAME = 80;
/** Names that the agent tells of a set of tasks. */
const MOST_NAMES = 3;
/** Kinds of tasks are foreign: of more than these, some warnings are lost. */
const MOST_KINDS = 1000;

/** Warns once of each kind of tasks that adapting adds no machines for. */
export class UnrunnableWarning {
  readonly #told = new Set<string>();

  /**
   * Of tasks that no worker of any group could run.
   *
   * @param kinds the resources of each kind of workers
   */
  ofResources(
    { resources, waiting, running, names }: Pick<ResourceDemand, "resources" | "waiting" | "running" | "names">,
    kinds: readonly Resources[],
  ): string | undefined {
    const needed = Object.entries(resources).map(([name, amount]) => `${shown(name)}=${amount}`);
    if (!this.#isNew(`needs ${JSON.stringify(resources)}`)) return undefined;
    // Of several resources, those that no kind of workers has; each may be there, and not on one worker.
    const lacking = Object.entries(resources).filter(([name, amount]) => mostOf(name, kinds) < amount);
    const has = (lacking.length > 0 ? lacking : Object.entries(resources)).map(([name]) => {
      const most = mostOf(name, kinds);
      return most > 0 ? `${shown(name)}=${most}` : `no ${shown(name)}`;
    });
    const together = lacking.length > 0 ? "" : ", never on one worker";
    return (
      `Adapting adds no machines for ${tasksOf(waiting + running, names)}: ` +
      `each needs ${needed.join(" and ")}, and the cluster's workers have ${has.join(" and ")}${together}. ` +
      "Set the resources option of workerOptions, or submit the tasks without resources."
    );
  }

  /** Of tasks that are restricted to workers or hosts that are not there. */
  ofTied({ tasks, places }: TiedTasks): string | undefined {
    if (!this.#isNew("tied")) return undefined;
    return `Adapting adds no machines for ${tasksOf(tasks, [])}: a new machine cannot run what is restricted to ${places.map(shown).join(", ")}, and the cluster has no such worker.`;
  }

  /** Of tasks that only a group that does not adapt, and has no machine, could run. */
  ofResting(
    { resources, waiting, running, names }: Pick<ResourceDemand, "resources" | "waiting" | "running" | "names">,
    group: string,
  ): string | undefined {
    if (!this.#isNew(`rests ${JSON.stringify(resources)}`)) return undefined;
    return `Adapting adds no machines for ${tasksOf(waiting + running, names)}: only the group ${group} could run them, which does not adapt and has no machine. Scale it, or let it adapt.`;
  }

  #isNew(key: string): boolean {
    if (this.#told.has(key) || this.#told.size >= MOST_KINDS) return false;
    this.#told.add(key);
    return true;
  }
}

function mostOf(name: string, kinds: readonly Resources[]): number {
  return Math.max(0, ...kinds.map((kind) => (Object.hasOwn(kind, name) ? (kind[name] ?? 0) : 0)));
}

/** @param names at most {@link MOST_NAMES} of them */
function tasksOf(count: number, names: readonly string[]): string {
  const more = names.length >= MOST_NAMES && count > names.length ? ", …" : "";
  const some = names.length === 0 ? "" : ` (${names.map(shown).join(", ")}${more})`;
  return `${count === 1 ? "1 task" : `${count} tasks`}${some}`;
}

/** A name from a task: foreign text. */
function shown(name: string): string {
  return printableName(name, LONGEST_NAME);
}
