import { messageOf } from "../support/message-of.ts";
import type { BootedMachine, Bootloader, MachineInput } from "./boot.ts";
import type { SimClock } from "./clock.ts";
import { FrontDoor } from "./front-door.ts";
import { Guest } from "./guest.ts";
import { underIpv6 } from "./ipv6.ts";

/** `stopped` only after {@link SimMachine.stop}: it has no power, but is still there. */
export type SimState = "pending" | "running" | "stopping" | "stopped" | "gone";

/** How long things take, in simulated milliseconds. */
interface MachineTimes {
  /** From the create call until the cloud says that it runs. */
  readonly pendingMs: number;
  /** From the create call until Dask comes up on it. */
  readonly bootMs: number;
  /** From the end of its power until it is stopped or gone. */
  readonly stoppingMs: number;
  /** From the create call until lists show it. */
  readonly listLagMs: number;
}

/** What a cloud does when something happens to one of its machines. */
export interface MachineHooks {
  /** It has powered itself off: call `destroy()` or `stop()`, as the cloud does. */
  onGuestShutdown(machine: SimMachine): void;
  /** It is gone: its addresses are free. */
  onGone?(machine: SimMachine): void;
}

export interface MachineSetting {
  readonly clock: SimClock;
  readonly bootloader: Bootloader;
  readonly times: MachineTimes;
}

/** One machine's life: pending, running, stopping, then stopped or gone. */
export class SimMachine {
  readonly input: MachineInput;
  /** In simulated milliseconds, as all times here. */
  readonly createdAt: number;
  /** Since when lists show it. */
  readonly visibleFrom: number;
  readonly #setting: MachineSetting;
  readonly #hooks: MachineHooks;
  readonly #callOffs: (() => void)[] = [];
  #state: SimState = "pending";
  #endsAs: "stopped" | "gone" = "gone";
  #goneAt: number | undefined;
  #booted: BootedMachine | undefined;
  readonly #doors: FrontDoor[] = [];
  #bootError: string | undefined;
  /** What its power is busy with; each step waits for the one before. */
  #power: Promise<void> = Promise.resolve();
  #off = false;

  /** Switches it on. */
  constructor(input: MachineInput, setting: MachineSetting, hooks: MachineHooks) {
    const { clock, times } = setting;
    this.input = input;
    this.#setting = setting;
    this.#hooks = hooks;
    this.createdAt = clock.now();
    this.visibleFrom = this.createdAt + times.listLagMs;
    this.#later(times.pendingMs, () => {
      this.#state = "running";
    });
    this.#later(times.bootMs, () => {
      this.#power = this.#power.then(() => this.#boot());
    });
  }

  get id(): string {
    return this.input.id;
  }

  get state(): SimState {
    return this.#state;
  }

  /** Whether lists show it yet. It stays visible when it is gone: how long a cloud shows that is the cloud's own. */
  get visible(): boolean {
    return this.#setting.clock.now() >= this.visibleFrom;
  }

  get goneAt(): number | undefined {
    return this.#goneAt;
  }

  /** What it printed; empty before its boot. */
  async console(): Promise<string> {
    return this.#bootError ?? (await this.#booted?.console()) ?? "";
  }

  /** Takes its power away; after a while it is gone, also where it was being stopped. Nothing happens where it is gone already. */
  destroy({ stoppingMs = this.#setting.times.stoppingMs }: { readonly stoppingMs?: number | undefined } = {}): void {
    this.#end("gone", stoppingMs);
  }

  /** Takes its power away; after a while it is stopped, and stays so until it is destroyed. */
  stop(): void {
    if (this.#state === "pending" || this.#state === "running") this.#end("stopped", this.#setting.times.stoppingMs);
  }

  /** Ends it at once, whatever it is about, without any hook. Resolves when nothing of it runs any more. */
  async forget(): Promise<void> {
    this.#state = "gone";
    await this.#powerOff();
  }

  async #boot(): Promise<void> {
    if (this.#off) return;
    const { bootloader, clock } = this.#setting;
    try {
      this.#booted = this.input.cloudInit === false ? new Guest(clock) : await bootloader.boot(this.input);
      const addresses = [this.input.publicAddress, underIpv6(this.input.ipv6Address)];
      for (const address of addresses.filter((each) => each !== undefined)) {
        this.#doors.push(await FrontDoor.open(this.input, address, this.#booted.listens));
      }
    } catch (error) {
      this.#bootError = `The simulated machine could not be booted: ${messageOf(error)}`;
      return;
    }
    void this.#booted.ended.then(() => {
      if (!this.#off) this.#hooks.onGuestShutdown(this);
    });
  }

  #end(as: "stopped" | "gone", stoppingMs: number): void {
    if (this.#state === "gone" || (this.#state === "stopping" && this.#endsAs === "gone" && stoppingMs > 0)) return;
    this.#state = "stopping";
    this.#endsAs = as;
    const off = this.#powerOff();
    if (stoppingMs === 0) this.#finish();
    else this.#later(stoppingMs, () => void off.then(() => this.#finish()));
  }

  #finish(): void {
    if (this.#state !== "stopping") return;
    this.#state = this.#endsAs;
    if (this.#state !== "gone") return;
    this.#goneAt = this.#setting.clock.now();
    this.#hooks.onGone?.(this);
  }

  async #powerOff(): Promise<void> {
    for (const callOff of this.#callOffs.splice(0)) callOff();
    this.#off = true;
    this.#power = this.#power.then(async () => {
      await Promise.all(this.#doors.map((door) => door[Symbol.asyncDispose]()));
      await this.#booted?.powerOff();
    });
    await this.#power;
  }

  #later(simMs: number, action: () => void): void {
    this.#callOffs.push(this.#setting.clock.after(simMs, action));
  }
}
