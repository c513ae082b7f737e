import { FakeDask } from "../../../packages/simulated-clouds/src/boot/fake-dask.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ListOptions } from "../../../src/provider/cloud-provider.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { CreatedMachines, Machine, MachineRequest, TaggedResource } from "../../../src/provider/machine.ts";
import { groupIn, taggedMachine, taggedResource } from "../../../src/provider/tags.ts";
import { groupOf } from "../../../src/provider/worker-group.ts";
import { sleep } from "../../../src/wait.ts";

export type Verb = "prepare" | "create" | "list" | "destroy" | "release" | "resources" | "find";

/**
 * - `fail`, or an error: nothing happens. `lose`: the call succeeds, but the reply is lost. `forget`: a deletion is accepted, and
 *   nothing happens.
 * - `hang`: nothing happens until the signal ends the call. `deaf`: the call ignores the signal as well, and completes when
 *   {@link FakeCloud.wakeUp} is called.
 */
export type Fault = "fail" | "lose" | "forget" | "hang" | "deaf" | Error;

type Tags = Readonly<Record<string, string>>;

const FAULT = new DaskFleetError("CAPACITY_UNAVAILABLE", "The cloud has none today");

/** A cloud in memory. Each of its worker machines joins {@link FakeDask} shortly after its creation. */
export class FakeCloud implements AsyncDisposable {
  readonly dask: FakeDask;
  /** The scheduler's current or last address. */
  readonly port: number;
  readonly machines = new Map<string, Machine>();
  /** Every call, in order. */
  readonly calls: Verb[] = [];
  readonly tokens: string[] = [];
  /** The clusters with a network, and its tags. */
  readonly networks = new Map<string, Tags>();
  /** How often a cluster has disconnected. */
  disconnects = 0;
  readonly #tags = new Map<string, Tags>();
  /** The peak number of worker machines. */
  peak = 0;
  /** The capacity for worker machines. */
  capacity = Infinity;
  /** The capacity for worker machines of a group, if it differs. */
  readonly capacityOf = new Map<string, number>();
  /** The sizes requested by create calls for workers, in order. */
  readonly asked: { readonly group: string; readonly count: number }[] = [];
  joinAfterMs = 5;
  /** Workers per machine. */
  processes = 1;
  /** How long a new machine is missing from the list. */
  listLagMs = 0;
  /** The workers that never join. */
  dud: (nth: number) => boolean = () => false;
  /** A machine's console output; an error is thrown. */
  console: (machine: Machine) => string | Error = () => "";
  /** The machines whose console was read, in order. */
  readonly read: string[] = [];
  /**
   * Decides each call's fault: from the number of calls so far (from 1), of this verb and in total, and the call's
   * target: ids of machines, or the name of a cluster.
   */
  fault: (verb: Verb, nth: number, call: number, about: readonly string[]) => Fault | undefined = () => undefined;
  #made = 0;
  readonly #madeAt = new Map<string, number>();
  #wake = Promise.withResolvers<void>();

  static async open(): Promise<FakeCloud> {
    return new FakeCloud(await FakeDask.start());
  }

  private constructor(dask: FakeDask) {
    this.dask = dask;
    this.port = dask.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dask[Symbol.asyncDispose]();
  }

  get workers(): Machine[] {
    return [...this.machines.values()].filter(({ role, state }) => role === "worker" && state !== "stopped");
  }

  /** Whether no billable resource remains. */
  get empty(): boolean {
    return this.machines.size === 0 && this.networks.size === 0;
  }

  /** Completes the calls that hang deaf. */
  wakeUp(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  kill(id: string): void {
    const machine = this.machines.get(id);
    if (machine !== undefined) this.machines.set(id, { ...machine, state: "stopped" });
    this.#leave(id);
  }

  async call<T>(verb: Verb, about: readonly string[], signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    this.calls.push(verb);
    const nth = this.calls.filter((each) => each === verb).length;
    const fault = this.fault(verb, nth, this.calls.length, about);
    if (fault === "hang") await sleep(60_000, signal, { ref: false });
    if (fault === "deaf") await this.#wake.promise;
    // Every answer of a real cloud takes time.
    await sleep(1);
    if (fault === "fail") throw FAULT;
    if (fault instanceof Error) throw fault;
    if (fault === "forget") return undefined as T;
    const result = act();
    if (fault === "lose") throw new DaskFleetError("MACHINE_CREATE_FAILED", "The reply was lost");
    return result;
  }

  create({ role, group, count, token, tags }: MachineRequest): CreatedMachines {
    this.tokens.push(token);
    const name = group?.name ?? "default";
    if (role === "worker") this.asked.push({ group: name, count });
    const room = Math.min(this.capacity - this.workers.length, this.#roomFor(name));
    const possible = role === "worker" ? Math.max(0, Math.min(count, room)) : count;
    const machines = Array.from({ length: possible }, () => this.#boot(role, groupIn(tags)));
    for (const { id } of machines) this.#tags.set(id, tags);
    this.peak = Math.max(this.peak, this.workers.length);
    return possible === count ? { machines } : { machines, shortfall: FAULT };
  }

  /** The worker machines of a group. */
  workersIn(group: string): Machine[] {
    return this.workers.filter((machine) => groupOf(machine) === group);
  }

  #roomFor(group: string): number {
    return (this.capacityOf.get(group) ?? Infinity) - this.workersIn(group).length;
  }

  /** The resources tagged with a cluster, or with any. */
  tagged(clusterName: string | undefined): TaggedResource[] {
    const things = [
      ...[...this.machines.keys()].map((id) => ({ kind: "machine", id, tags: this.#tags.get(id) })),
      ...[...this.networks].map(([name, tags]) => ({ kind: "network", id: `net-of-${name}`, tags })),
    ];
    return things.flatMap(({ kind, id, tags }) => {
      const machine = this.machines.get(id);
      const createdAt = new Date(performance.timeOrigin + (this.#madeAt.get(id) ?? 0));
      const thing =
        kind === "machine" && machine !== undefined
          ? taggedMachine(kind, { ...machine, createdAt }, tags ?? {})
          : taggedResource(kind, id, tags ?? {});
      return clusterName === undefined || clusterName === thing.clusterName ? [thing] : [];
    });
  }

  /** The same, as lists show it. */
  find(clusterName: string | undefined): TaggedResource[] {
    return this.tagged(clusterName).filter(({ id }) => this.#isShown(id));
  }

  list(identity: ClusterIdentity, { notRunning = false }: ListOptions = {}): Machine[] {
    const listed = [...this.machines.values()].filter(({ id }) => this.#isShown(id) && this.#isOf(identity, id));
    return listed.filter(({ state }) => !notRunning || state !== "running");
  }

  #isOf({ name, ids }: ClusterIdentity, id: string): boolean {
    const tags = this.#tags.get(id);
    return tags?.["cluster-name"] === name && ids.includes(tags["cluster-id"]);
  }

  destroy(machines: readonly Machine[]): void {
    for (const { id } of machines) {
      this.machines.delete(id);
      this.#leave(id);
    }
  }

  /** The names of a machine's workers in Dask. */
  workersOf(id: string): readonly string[] {
    return this.processes === 1 ? [id] : Array.from({ length: this.processes }, (_, nth) => `${id}-${nth}`);
  }

  #leave(id: string): void {
    for (const name of this.workersOf(id)) this.dask.leave(name);
  }

  #isShown(id: string): boolean {
    return (this.#madeAt.get(id) ?? 0) <= performance.now() - this.listLagMs;
  }

  #boot(role: Machine["role"], group?: string): Machine {
    this.#made += 1;
    const nth = this.#made;
    const id = `m${nth}`;
    // The scheduler really listens.
    const privateAddress = role === "scheduler" ? "127.0.0.1" : `10.0.0.${nth}`;
    const machine: Machine = { id, nodeName: id, role, group, state: "running", privateAddress };
    this.machines.set(id, machine);
    this.#madeAt.set(id, performance.now());
    if (role === "worker" && !this.dud(nth)) void this.#join(id);
    return machine;
  }

  async #join(id: string): Promise<void> {
    await sleep(this.joinAfterMs, undefined, { ref: false });
    if (this.machines.get(id)?.state !== "running") return;
    for (const name of this.workersOf(id)) this.dask.join(name);
  }
}
