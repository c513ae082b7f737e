import { CreationLedger } from "../../../src/cluster/end/creation-ledger.ts";
import { Lead } from "../../../src/cluster/lead/lead.ts";
import { findRecord } from "../../../src/cluster/record.ts";
import type { RunningCluster } from "../../../src/cluster/running-cluster.ts";
import { attachTo } from "../../../src/cluster/start/attach.ts";
import { type LaunchInput, launch } from "../../../src/cluster/start/launch.ts";
import { Deadline } from "../../../src/deadline.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { Timeline } from "../../../src/progress.ts";
import { FakeCluster, type FakeOptions } from "./fake-cluster.ts";

/** A cluster with groups of workers, run by the core directly: no user's option names groups yet. */
export class GroupLife implements AsyncDisposable {
  readonly cluster: FakeCluster;
  readonly events: ProgressEvent[] = [];
  readonly #lead: Lead;
  #running: RunningCluster | undefined;

  constructor(options: FakeOptions) {
    this.cluster = new FakeCluster({ lostWorkerTimeoutMs: 50, ...options });
    this.#lead = new Lead(this.cluster.name, () => undefined);
  }

  static async start(options: FakeOptions): Promise<GroupLife> {
    const life = new GroupLife(options);
    const { running } = await launch(life.#input, AbortSignal.timeout(60_000));
    running.lookAfter(() => undefined);
    return life;
  }

  /** Attaches as another process does. */
  static async attach(options: FakeOptions & { readonly name: string }): Promise<GroupLife> {
    const life = new GroupLife(options);
    const record = await findRecord(options.name);
    if (record === undefined) throw new Error("no record");
    life.cluster.as({ id: record.id });
    life.#running = await attachTo(record, life.#input, new Deadline(60_000));
    life.#running.lookAfter(() => undefined);
    await life.#lead.want(record);
    return life;
  }

  get running(): RunningCluster {
    if (this.#running === undefined) throw new Error("not running");
    return this.#running;
  }

  get messages(): readonly string[] {
    return this.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  }

  /** Each group's target, and its number of joined machines. */
  get sizes(): Readonly<Record<string, readonly [target: number, joined: number]>> {
    return Object.fromEntries(
      this.running.fleet.groups.map(({ name, target, joined }) => [name, [target, joined] as const]),
    );
  }

  /** Whether this handle leads. */
  get leads(): boolean {
    return this.#lead.isHeld;
  }

  async scale(sizes: number | Readonly<Record<string, number>>): Promise<void> {
    await this.running.scale(sizes, new Deadline(5000));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.leave();
    await this.#lead.giveUp();
  }

  get #input(): LaunchInput {
    const { name, id, resolved, verbs } = this.cluster;
    const emit = (event: ProgressEvent): unknown => this.events.push(event);
    return {
      clusterName: name,
      providerName: "fake",
      clusterId: id,
      options: resolved,
      verbs,
      ledger: new CreationLedger(),
      lead: this.#lead,
      timeline: new Timeline(emit),
      emit,
      onProgress: (running) => (this.#running = running),
    };
  }
}
