import type { WorkerInfo } from "../dask/worker-info.ts";
import type { ProgressEvent } from "../progress.ts";
import { type Capabilities, type Machine, isAlive } from "../provider/machine.ts";
import { printableName } from "../text/printable.ts";
import type { NodeTable } from "./node-table.ts";
import type { NodeView } from "./plan.ts";
import type { Troubles } from "./troubles.ts";

export interface UnknownWorkersOptions {
  readonly clusterName: string;
  readonly nodeNameFrom: Capabilities["nodeNameFrom"];
  /** A new machine may have a worker before a list shows it: no warning for this long, in milliseconds. */
  readonly graceMs: number;
  readonly troubles: Troubles;
  readonly emit: (event: ProgressEvent) => void;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

export type JoinedWorker = Pick<WorkerInfo, "name" | "address" | "host">;

interface Unknown {
  readonly name: string;
  readonly host: string;
  /** The cluster's machine with that address, if its own worker has not joined. */
  readonly machine: Machine | undefined;
  /** Otherwise the expected names of machines without a known address whose workers have not joined. */
  readonly perhaps: readonly string[];
  /** Whether lists have had time to show its machine. */
  readonly isOld: boolean;
}

const LONGEST_NAME = 100;
const MOST_SHOWN = 3;
const LIKELY_CAUSE: Readonly<Record<Capabilities["nodeNameFrom"], string>> = {
  hostname: "The likely cause is an image with a host name of its own (`preserve_hostname: true`, /etc/hostname).",
  "instance-id":
    "The likely cause is an image made from a used machine, whose instance id it still has (/var/lib/cloud).",
};

/**
 * Workers under names that no machine of the cluster has: a machine has a wrong name, or a worker was started by hand. They give a
 * warning and are never matched to a machine by address: a second machine with the same name could not join at all, and a worker started
 * by hand on a machine would be retired and the machine destroyed.
 */
export class UnknownWorkers {
  readonly #options: UnknownWorkersOptions;
  readonly #now: () => number;
  #present: readonly Unknown[] = [];
  /** By address. */
  #since: ReadonlyMap<string, number> = new Map();
  readonly #noticed = new Set<string>();

  constructor(options: UnknownWorkersOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Takes in the scheduler's workers, after the table has.
   *
   * @returns whether some of them are new and unknown: a list may have lacked their machines
   */
  observe(workers: readonly JoinedWorker[], nodes: NodeTable): boolean {
    const now = this.#now();
    const strange = workers.filter(({ name }) => !nodes.knows(name));
    const hasNew = strange.some(({ address }) => !this.#since.has(address));
    this.#since = new Map(strange.map(({ address }) => [address, this.#since.get(address) ?? now]));
    const unplaced =
      strange.length === 0
        ? []
        : nodes
            .views()
            .filter(isUnplaced)
            .map(({ machine }) => printableName(machine.nodeName, LONGEST_NAME));
    const byAddress = strange.length === 0 ? NONE : nodesByAddress(nodes);
    const seen = strange.map(({ name, host, address }) => ({
      name: printableName(name, LONGEST_NAME),
      host: printableName(host, LONGEST_NAME),
      machine: machineAt(host, byAddress),
      perhaps: unplaced,
      isOld: now - (this.#since.get(address) ?? now) >= this.#options.graceMs,
    }));
    this.#present = seen;
    const others = seen.filter(({ machine, isOld }) => machine === undefined && isOld);
    const misnamed = [...seen.filter(({ machine }) => machine !== undefined), ...(unplaced.length > 0 ? others : [])];
    this.#options.troubles.tellOf("names", misnamed.length === 0 ? undefined : this.#wordsFor(misnamed));
    if (unplaced.length === 0) for (const each of others) this.#notice(each);
    return hasNew;
  }

  /** The number of unknown workers. */
  get count(): number {
    return this.#present.length;
  }

  /** Whether one of them was too new to be reported when it was last looked at: it must be looked at again. */
  get isDeciding(): boolean {
    return this.#present.some(({ isOld }) => !isOld);
  }

  /** The unknown workers, as text; empty without any. */
  describe(): string {
    return this.#present.length === 0 ? "" : `; joined under an unknown name: ${list(this.#present)}`;
  }

  #wordsFor(misnamed: readonly Unknown[]): string {
    const expected = misnamed.slice(0, MOST_SHOWN).map(({ name, host, machine, perhaps }) => {
      if (machine !== undefined)
        return `${name} at ${host}, which is machine ${printableName(machine.id)}: ${printableName(machine.nodeName)} was expected`;
      const [first = "", ...others] = perhaps;
      return `${name} at ${host}: ${first}${others.length > 0 ? ` or another of ${perhaps.length}` : ""} was expected`;
    });
    const more = misnamed.length > MOST_SHOWN ? `; and ${misnamed.length - MOST_SHOWN} more` : "";
    return (
      `A worker joined under a name that no machine of ${this.#options.clusterName} has (${expected.join("; ")}${more}). ` +
      `Its machine counts as not joined. ${LIKELY_CAUSE[this.#options.nodeNameFrom]}`
    );
  }

  #notice({ name, host }: Unknown): void {
    const key = `${name} ${host}`;
    if (this.#noticed.has(key)) return;
    this.#noticed.add(key);
    const message =
      `The worker ${name} at ${host} joined, but no machine of ${this.#options.clusterName} has its name or address: perhaps it was ` +
      "started by hand. It takes tasks, but counts as none of the cluster's workers and is never replaced.";
    this.#options.emit({ type: "warning", message });
  }
}

function isUnplaced({ machine, registered, everJoined }: NodeView): boolean {
  return machine.privateAddress === undefined && registered === 0 && !everJoined && isAlive(machine);
}

type ByAddress = ReadonlyMap<string, readonly NodeView[]>;

const NONE: ByAddress = new Map();

/** Made once for all unknown workers: there can be as many as machines. */
function nodesByAddress(nodes: NodeTable): ByAddress {
  const found = new Map<string, NodeView[]>();
  for (const node of nodes.views()) {
    const { privateAddress, publicAddress } = node.machine;
    for (const address of new Set([privateAddress, publicAddress])) {
      if (address !== undefined) found.set(address, [...(found.get(address) ?? []), node]);
    }
  }
  return found;
}

function machineAt(host: string, nodes: ByAddress): Machine | undefined {
  const [only, ...others] = nodes.get(host) ?? [];
  return others.length === 0 && only?.registered === 0 ? only.machine : undefined;
}

function list(workers: readonly Unknown[]): string {
  const shown = workers.slice(0, MOST_SHOWN).map(({ name, host }) => `${name} (${host})`);
  const more = workers.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
