import type { NodeSpec } from "../../../../src/bootstrap/node-spec.ts";
import { SchedulerClient } from "../../../../src/dask/scheduler-client.ts";
import { patient } from "../../../../test/support/patience.ts";
import { until } from "../../../../test/support/until.ts";
import type { SimMachine } from "../../src/core/machine.ts";
import { make } from "../core/toy-client.ts";
import type { ToyCloud } from "../core/toy-cloud.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";

/** A scheduler's machine and workers' machines on a toy cloud that boots them, made as a provider makes them. */
export class PaperCluster {
  readonly told: ToldCluster;
  readonly scheduler: SimMachine;
  readonly #cloud: ToyCloud;

  static async create(cloud: ToyCloud, common: Partial<NodeSpec> = {}, publicIp = true): Promise<PaperCluster> {
    const told = new ToldCluster("toy", common);
    return new PaperCluster(cloud, told, await make(cloud, told.scheduler(), { publicIp }));
  }

  private constructor(cloud: ToyCloud, told: ToldCluster, scheduler: SimMachine) {
    this.#cloud = cloud;
    this.told = told;
    this.scheduler = scheduler;
  }

  /** The scheduler's private host. */
  get host(): string {
    return this.scheduler.input.privateAddress;
  }

  async worker(more: Partial<NodeSpec> = {}, publicIp = false): Promise<SimMachine> {
    return await make(this.#cloud, this.told.worker(this.host, more), { publicIp });
  }

  /** What the fake scheduler knows. */
  get names(): readonly string[] {
    return [...(this.#cloud.paper.scheduler("toy")?.workers.keys() ?? [])];
  }

  async joined(count: number): Promise<void> {
    await until(
      `${count} workers`,
      () => this.names.length === count,
      10_000,
      () => this.names.join(),
    );
  }

  async up(): Promise<void> {
    await until("the scheduler", () => this.#cloud.paper.scheduler("toy") !== undefined, 10_000);
  }

  /** As the launcher does, from outside unless told otherwise. */
  async connect(host = this.scheduler.input.publicAddress ?? this.host): Promise<SchedulerClient> {
    return await SchedulerClient.connect(`tls://${host}:8786`, {
      tls: this.told.security.clientTls(),
      timeoutMs: patient(5000),
    });
  }
}

/** Waits until a machine's console says something, and gives all that it says. */
export async function consoleOf(machine: SimMachine, words: string | RegExp): Promise<string> {
  let text = "";
  await until(
    `"${String(words)}" on the console of ${machine.id}`,
    async () => {
      text = await machine.console();
      return typeof words === "string" ? text.includes(words) : words.test(text);
    },
    10_000,
    () => text,
  );
  return text;
}
