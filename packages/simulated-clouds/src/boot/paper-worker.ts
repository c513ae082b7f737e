import { type TlsMaterial, formatAddress } from "../dask-fleet.ts";
import { messageOf } from "../support/message-of.ts";
import type { JoinParameters } from "./join/join-parameters.ts";
import { MachineKey } from "./join/machine-key.ts";
import { PaperNode } from "./paper-node.ts";
import type { PaperScheduler } from "./paper-scheduler.ts";

/** How often a worker looks again for a scheduler that the firewall keeps from it. */
const LOOK_AGAIN_MS = 30_000;
/** The least between two requests of one machine for its certificate, in real milliseconds. */
const SHORTEST_PAUSE_MS = 100;

/** A worker: it is on its scheduler's list, and that is all. */
export class PaperWorker extends PaperNode {
  readonly #names = new Set<string>();
  #scheduler: PaperScheduler | undefined;
  #forgetEnd: (() => void) | undefined;

  protected override async start(): Promise<void> {
    const { schedulerAddress, joins } = this;
    const { clock } = this.setting;
    const timeoutSeconds = Number(this.need("DASK_FLEET_START_TIMEOUT"));
    const deadline = clock.now() + this.startMs;
    const where = formatAddress(schedulerAddress);
    this.guest.say(`waiting for the scheduler at ${where}`);
    const scheduler = await this.#find(deadline);
    if (this.isOver) return;
    if (scheduler === undefined) {
      await this.end(124, `gave up: nothing answered at ${where} within ${timeoutSeconds} s`);
      return;
    }
    const tls = joins === undefined ? this.tls : await this.#certificate(joins, deadline);
    if (this.isOver) return;
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
  async #find(deadline: number, port?: number): Promise<PaperScheduler | undefined> {
    const { clock, network } = this.setting;
    for (;;) {
      const found = network.at(this.schedulerAddress);
      if (found?.admits(this.machine.privateAddress, port) === true) return found;
      const leftMs = deadline - clock.now();
      if (this.isOver || leftMs <= 0) return undefined;
      await Promise.race([network.news, clock.sleep(Math.min(LOOK_AGAIN_MS, leftMs))]);
    }
  }

  /**
   * Its certificate, as join_worker.py asks for it: through the agent on its scheduler, with the same key until there is an answer. It
   * has ended if there is none.
   */
  async #certificate(parameters: JoinParameters, deadline: number): Promise<TlsMaterial | undefined> {
    const { clock } = this.setting;
    const key = new MachineKey(parameters);
    const request = {
      from: this.#host,
      role: "worker",
      name: this.nodeName,
      spki: key.spki.toString("base64"),
      mac: key.mac("join1", "worker", this.nodeName, key.spki),
      identity: this.machine.identity?.(key.hash.toString("hex")) ?? null,
    };
    const late = this.#passing(deadline - clock.now());
    let why = "the launcher has not signed it yet";
    for (;;) {
      const scheduler = await this.#find(deadline, parameters.port);
      const relay = scheduler?.dask?.relay;
      const leftMs = deadline - clock.now();
      if (this.isOver) return undefined;
      if (relay === undefined || leftMs <= 0) {
        const seconds = this.need("DASK_FLEET_START_TIMEOUT");
        await this.end(124, `gave up: no certificate came within ${seconds} s: ${why}`);
        return undefined;
      }
      const answer = await Promise.race([relay.ask(request), late]);
      if (typeof answer["refused"] === "string") {
        await this.end(124, `gave up: the launcher gives this machine no certificate: ${answer["refused"]}`);
        return undefined;
      }
      try {
        if (answer["cert"] !== undefined) return key.accept(answer);
      } catch (error) {
        why = messageOf(error);
      }
      // What a launcher is asked for costs it real time.
      const pauseMs = Math.max(Number(answer["wait"] ?? 1) * 1000, SHORTEST_PAUSE_MS * clock.speed);
      await clock.sleep(Math.min(pauseMs, leftMs));
    }
  }

  /** No answer, when it is too late or the power goes. */
  async #passing(ms: number): Promise<Readonly<Record<string, unknown>>> {
    return await new Promise((resolve) => {
      this.after(ms, () => resolve({}));
      this.guest.onPowerOff(() => resolve({}));
    });
  }

  /** Its address in the network. */
  get #host(): string {
    const { privateAddress, ipv6Address, ipv6Only = false } = this.machine;
    return ipv6Only && ipv6Address !== undefined ? ipv6Address : privateAddress;
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
    const host = this.#host;
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
    const name = this.nodeName;
    const processes = Number(this.option("nworkers") ?? 1);
    return processes > 1 ? Array.from({ length: processes }, (_, index) => `${name}-${index}`) : [name];
  }

  /** The first port of those it may listen on. */
  get #port(): number {
    return Number((this.option("worker-port") ?? "40001").split(":")[0]);
  }
}
