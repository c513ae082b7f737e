import type { MachineInput } from "../core/boot.ts";
import type { SimClock } from "../core/clock.ts";
import type { Guest } from "../core/guest.ts";
import { ETC, type TlsMaterial, parseAddress } from "../dask-fleet.ts";
import { messageOf } from "../support/message-of.ts";
import { type JoinParameters, joinParameters } from "./join/join-parameters.ts";
import type { PaperNetwork } from "./paper-network.ts";
import type { Told } from "./told.ts";

export interface PaperSetting {
  readonly clock: SimClock;
  /** The address by which a firewall knows the launcher when that is inside the network. */
  readonly launcherInside: string;
  readonly network: PaperNetwork;
}

/** The machine behind a node: its identity, user and user data. */
export interface PaperPlace {
  readonly guest: Guest;
  readonly machine: MachineInput;
  readonly told: Told;
}

/** What pretends to be Dask on a machine. */
export abstract class PaperNode {
  readonly machine: MachineInput;
  protected readonly guest: Guest;
  protected readonly told: Told;
  protected readonly setting: PaperSetting;
  #ended = false;

  constructor({ guest, machine, told }: PaperPlace, setting: PaperSetting) {
    this.guest = guest;
    this.machine = machine;
    this.told = told;
    this.setting = setting;
  }

  protected abstract start(): Promise<void>;

  /** Leaves nothing of it behind. */
  protected abstract release(): Promise<void>;

  /** Starts it, and ends it with its machine or when its lifetime is over. */
  async run(): Promise<void> {
    this.guest.onPowerOff(() => this.#releaseOnce());
    const expiresAt = this.told.env["DASK_FLEET_EXPIRES_AT"];
    if (expiresAt !== undefined) {
      const leftMs = Number(expiresAt) * 1000 - this.setting.clock.now();
      if (leftMs <= 0) {
        await this.end(0, "the lifetime is over: Dask is not started");
        return;
      }
      this.after(leftMs, () => void this.end(0, "the lifetime is over: Dask is told to end"));
    }
    try {
      await this.start();
    } catch (error) {
      await this.end(1, messageOf(error));
    }
  }

  /** Ends Dask, but not the machine: whether that goes on is its own. */
  async end(status: number, why: string): Promise<void> {
    if (this.#ended || this.guest.isOff) return;
    this.guest.say(why);
    await this.#releaseOnce();
    this.over(status);
  }

  /** What its end means for its machine. */
  protected over(status: number): void {
    this.guest.daskEnded(status);
  }

  /** Whether it has ended or its machine has no power. */
  protected get isOver(): boolean {
    return this.#ended || this.guest.isOff;
  }

  /** Does something after a while of simulated time, if it is still there. */
  protected after(simMs: number, action: () => void): void {
    const callOff = this.setting.clock.after(simMs, () => {
      if (!this.isOver) action();
    });
    this.guest.onPowerOff(callOff);
  }

  /** A parameter that the start script could not do without. */
  protected need(name: string): string {
    const value = this.told.env[name];
    if (value === undefined) throw new Error(`node.env has no ${name}`);
    return value;
  }

  /** Where the scheduler is, for a worker. */
  protected get schedulerAddress(): ReturnType<typeof parseAddress> {
    return parseAddress(this.need("DASK_FLEET_SCHEDULER"));
  }

  /** The value of an option such as `--nworkers=4`. */
  protected option(name: string): string | undefined {
    const begin = `--${name}=`;
    return this.told.lists["DASK_FLEET_ARGS"]?.findLast((arg) => arg.startsWith(begin))?.slice(begin.length);
  }

  /** How it comes by its certificate, where its user data holds none. */
  protected get joins(): JoinParameters | undefined {
    return joinParameters(this.told);
  }

  /** By which its cloud knows the machine, as node-name.sh finds it. */
  protected get nodeName(): string {
    const { hostname, instanceId } = this.machine;
    return this.need("DASK_FLEET_NAME_FROM") === "instance-id" ? instanceId : hostname.replace(/\..*/su, "");
  }

  /** Simulated milliseconds in which it must have begun. Who waits for the launcher waits in the launcher's time, which is the real one. */
  protected get startMs(): number {
    const ms = Number(this.need("DASK_FLEET_START_TIMEOUT")) * 1000;
    return this.joins === undefined ? ms : ms * this.setting.clock.speed;
  }

  /** Its TLS files; undefined without TLS. */
  protected get tls(): TlsMaterial | undefined {
    if (this.told.env["DASK_FLEET_TLS"] !== "1") return undefined;
    return { ca: this.#pem("ca"), cert: this.#pem("cert"), key: this.#pem("key") };
  }

  #pem(name: string): string {
    const path = `${ETC}/tls/${name}.pem`;
    const pem = this.told.files.get(path);
    if (pem === undefined || pem.trim() === "") throw new Error(`${path} is missing, so this node cannot speak TLS`);
    return pem;
  }

  async #releaseOnce(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.release();
  }
}
