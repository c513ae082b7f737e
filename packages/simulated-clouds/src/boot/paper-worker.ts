import { formatAddress } from "../dask-fleet.ts";
import { PaperNode } from "./paper-node.ts";
import type { PaperScheduler } from "./paper-scheduler.ts";

/** How often a worker looks again for a scheduler that the firewall keeps from it. */
const LOOK_AGAIN_MS = 30_000;

/** A worker: it is on its scheduler's list, and that is all. */
export class PaperWorker extends PaperNode {
  readonly #names = new Set<string>();
  #scheduler: PaperScheduler | undefined;
  #forgetEnd: (() => void) | undefined;

  protected override async start(): Promise<void> {
    const { schedulerAddress, tls } = this;
    const { clock } = this.setting;
    const timeoutSeconds = Number(this.need("DASK_FLEET_START_TIMEOUT"));
    const deadline = clock.now() + timeoutSeconds * 1000;
    const where = formatAddress(schedulerAddress);
    this.guest.say(`waiting for the scheduler at ${where}`);
    const scheduler = await this.#find(deadline);
    if (this.isOver) return;
    if (scheduler === undefined) {
      await this.end(124, `gave up: nothing answered at ${where} within ${timeoutSeconds} s`);
      return;
    }
    const refusal = await scheduler.refusalOf(this.told.digest, this.machine.privateAddress, tls);
    if (this.isOver) return;
    const obstacle = refusal ?? this.#obstacle(scheduler);
    if (obstacle === undefined) {
      this.#join(scheduler);
      return;
    }
    this.guest.say(`the worker cannot join the scheduler at ${where}: ${obstacle}`);
    const gaveUp = `gave up: the worker could not start within ${timeoutSeconds} s`;
    this.after(deadline - clock.now(), () => void this.end(124, gaveUp));
  }

  protected override async release(): Promise<void> {
    this.#forgetEnd?.();
    for (const name of this.#names) this.#scheduler?.dask?.leave(name);
    this.#names.clear();
  }

  /** The scheduler, once it is up and the firewall lets this machine reach it. */
  async #find(deadline: number): Promise<PaperScheduler | undefined> {
    const { clock, network } = this.setting;
    for (;;) {
      const found = network.at(this.schedulerAddress);
      if (found?.admits(this.machine.privateAddress) === true) return found;
      const leftMs = deadline - clock.now();
      if (this.isOver || leftMs <= 0) return undefined;
      await Promise.race([network.news, clock.sleep(Math.min(LOOK_AGAIN_MS, leftMs))]);
    }
  }

  #obstacle(scheduler: PaperScheduler): string | undefined {
    const source = scheduler.machine.privateAddress;
    // A real worker would join, and its data would be unreachable.
    if (!this.machine.admits(source, this.#port))
      return `the firewall keeps ${source} from this machine's port ${this.#port}`;
    const taken = this.#workerNames.find((name) => scheduler.dask?.workers.has(name));
    return taken === undefined ? undefined : `name taken, ${taken}`;
  }

  #join(scheduler: PaperScheduler): void {
    this.#scheduler = scheduler;
    this.#forgetEnd = scheduler.onEnd(() => void this.end(0, "the worker ended with status 0: its scheduler is gone"));
    const { scheme } = this.schedulerAddress;
    const { privateAddress, ipv6Address, ipv6Only = false } = this.machine;
    const host = ipv6Only && ipv6Address !== undefined ? ipv6Address : privateAddress;
    for (const [index, name] of this.#workerNames.entries()) {
      this.#names.add(name);
      const address = formatAddress({ scheme, host, port: this.#port + index });
      scheduler.dask?.join(name, { address, retired: () => this.#retired(name) });
    }
    this.guest.say(`registered as ${this.#workerNames.join(", ")}`);
  }

  #retired(name: string): void {
    this.#names.delete(name);
    if (this.#names.size === 0) void this.end(0, "the worker ended with status 0");
  }

  /** As Dask names the workers of a machine: the node's name alone, or with a number behind it where there are several. */
  get #workerNames(): readonly string[] {
    const { hostname, instanceId } = this.machine;
    const name = this.need("DASK_FLEET_NAME_FROM") === "instance-id" ? instanceId : hostname.replace(/\..*/su, "");
    const processes = Number(this.option("nworkers") ?? 1);
    return processes > 1 ? Array.from({ length: processes }, (_, index) => `${name}-${index}`) : [name];
  }

  /** The first port of those it may listen on. */
  get #port(): number {
    return Number((this.option("worker-port") ?? "40001").split(":")[0]);
  }
}
