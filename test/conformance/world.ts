import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { FakeDask } from "../../packages/simulated-clouds/src/boot/fake-dask.ts";
import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { recordPath } from "../../src/cluster/record.ts";
import type { ProgressEvent } from "../../src/progress.ts";
import type { Resource } from "../../src/provider/machine.ts";
import { groupIn } from "../../src/provider/tags.ts";
import { DEFAULT_GROUP } from "../../src/provider/worker-group.ts";
import { stateDirectory } from "../../src/state/state-directory.ts";
import { until } from "../support/until.ts";
import type {
  Behaviour,
  CloudUnderTest,
  ClusterOptions,
  MachineView,
  ProviderUnderTest,
  Statics,
} from "./provider-under-test.ts";

interface Remains {
  readonly violations: readonly string[];
  readonly left: readonly Resource[];
  readonly files: readonly string[];
}

const NOTHING: Remains = { violations: [], left: [], files: [] };

/** A simulated cloud, and all clusters that a test makes on it. */
export class World implements AsyncDisposable {
  readonly provider: ProviderUnderTest;
  readonly cloud: CloudUnderTest;
  readonly #clusters: ClusterManager[] = [];
  readonly #events = new Map<string, ProgressEvent[]>();
  /** By worker group. */
  readonly #peaks = new Map<string, number>();
  #peak = 0;

  static async open(provider: ProviderUnderTest, behaviour: Behaviour = {}): Promise<World> {
    return new World(provider, await provider.open({ boot: "paper", ...behaviour }));
  }

  private constructor(provider: ProviderUnderTest, cloud: CloudUnderTest) {
    this.provider = provider;
    this.cloud = cloud;
    cloud.recorder.watch(() => {
      this.#see();
      return undefined;
    });
  }

  /** A cluster that is not started, and is closed at the end of the test. */
  cluster(options: ClusterOptions = {}): ClusterManager {
    const cluster = this.cloud.cluster(options);
    const events: ProgressEvent[] = [];
    cluster.onProgress((event) => events.push(event));
    this.#events.set(cluster.name, events);
    this.#clusters.push(cluster);
    return cluster;
  }

  async started(options: ClusterOptions = {}): Promise<ClusterManager> {
    return await this.cluster(options).start();
  }

  get statics(): Statics {
    return this.cloud.statics;
  }

  events({ name }: ClusterManager): readonly ProgressEvent[] {
    return this.#events.get(name) ?? [];
  }

  warnings(cluster: ClusterManager): readonly string[] {
    return this.events(cluster).flatMap((event) => (event.type === "warning" ? [event.message] : []));
  }

  /** The pretended scheduler of a cluster. */
  dask({ name }: ClusterManager): FakeDask {
    const dask = this.cloud.cloud.paper.scheduler(name);
    if (dask === undefined) throw new Error(`The scheduler of ${name} is not up`);
    return dask;
  }

  /** The machines of one cluster, or all, that can run Dask. */
  alive(cluster?: ClusterManager): readonly MachineView[] {
    return this.cloud.machines.filter(
      ({ alive, tags }) => alive && (cluster === undefined || tags["cluster-name"] === cluster.name),
    );
  }

  get workers(): readonly MachineView[] {
    return this.alive().filter(({ role }) => role === "worker");
  }

  /** The ids of the machines of one worker group, sorted. */
  idsOf(group: string, cluster?: ClusterManager): readonly string[] {
    const ours = this.alive(cluster).filter((machine) => machine.role === "worker" && groupOf(machine) === group);
    return ours.map(({ id }) => id).sort();
  }

  scheduler(cluster?: ClusterManager): MachineView {
    const machine = this.alive(cluster).find(({ role }) => role === "scheduler");
    if (machine === undefined) throw new Error("There is no scheduler's machine");
    return machine;
  }

  /** The most worker machines that were alive at a time, as far as it was seen at the calls. */
  get peak(): number {
    this.#see();
    return this.#peak;
  }

  /** The same of one worker group. */
  peakOf(group: string): number {
    this.#see();
    return this.#peaks.get(group) ?? 0;
  }

  #see(): void {
    const { workers } = this;
    this.#peak = Math.max(this.#peak, workers.length);
    for (const [group, { length }] of Map.groupBy(workers, groupOf)) {
      this.#peaks.set(group, Math.max(this.#peaks.get(group) ?? 0, length));
    }
  }

  /** Mutating operations so far. */
  get mutations(): readonly string[] {
    return this.cloud.cloud.calls.operations().filter((operation) => this.provider.isMutation(operation));
  }

  /** Beginnings and ends of what keeps a cluster from its size: `creation began`, `creation ended`. */
  troubles(cluster: ClusterManager): readonly string[] {
    return this.events(cluster).flatMap((event) =>
      event.type === "trouble" && event.change !== "lasts" ? [`${event.kind} ${event.change}`] : [],
    );
  }

  leftovers({ name }: Pick<ClusterManager, "name">): readonly Resource[] {
    return this.cloud.leftovers(name);
  }

  async untilWorkers(count: number, cluster: ClusterManager): Promise<void> {
    const machines = (): readonly MachineView[] => this.alive(cluster).filter(({ role }) => role === "worker");
    await until(
      `${count} workers`,
      () => machines().length === count && this.dask(cluster).workers.size === count,
      20_000,
      () => `${machines().length} machines; ${this.warnings(cluster).join("; ")}`,
    );
  }

  /** Closes open clusters and returns leftovers, here and in the cloud, and malformed requests. */
  async end(): Promise<Remains> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()));
    return {
      violations: this.cloud.cloud.violations,
      left: this.#clusters.flatMap((cluster) => this.leftovers(cluster)),
      files: this.#clusters.map(({ name }) => stateDirectory(name)).filter((path) => existsSync(path)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clusters.map((cluster) => cluster.close()));
    await this.cloud[Symbol.asyncDispose]();
  }
}

/**
 * A sentence that holds for every provider. Afterwards every cluster is closed and must leave nothing, neither in
 * the cloud nor on this computer, and the cloud must have understood every request.
 */
export type Holds = (title: string, body: (world: World) => Promise<void>, behaviour?: Behaviour) => void;

export function sentences(provider: ProviderUnderTest): Holds {
  ownState();
  return (title, body, behaviour) => {
    test.concurrent.for([title])("%s", async () => {
      await using world = await World.open(provider, behaviour);
      await body(world);
      expect(await world.end()).toEqual(NOTHING);
    });
  };
}

/** A state directory for the tests of a file. */
export function ownState(): void {
  let base = "";
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), "dask-fleet-clouds-"));
    process.env["XDG_STATE_HOME"] = base;
  });
  afterAll(async () => {
    delete process.env["XDG_STATE_HOME"];
    await rm(base, { recursive: true, force: true });
  });
}

/** By a worker's tags. */
function groupOf({ tags }: MachineView): string {
  return groupIn(tags) ?? DEFAULT_GROUP;
}

/** As if a release without groups had started the cluster, which has none but `default`: its record is of version 1. */
export async function asVersion1({ name }: ClusterManager): Promise<void> {
  const path = recordPath(name);
  const { groups: _none, ...record } = JSON.parse(await readFile(path, "utf8")) as Readonly<Record<string, unknown>>;
  await writeFile(path, JSON.stringify({ ...record, version: 1 }));
}

/** As if the cluster had been started on another computer: deletes its record here. */
export async function forgetRecord({ stateDirectory }: ClusterManager): Promise<void> {
  await rm(stateDirectory, { recursive: true });
}
