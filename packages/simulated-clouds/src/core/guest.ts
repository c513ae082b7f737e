import type { Told } from "../boot/told.ts";
import { messageOf } from "../support/message-of.ts";
import type { BootedMachine } from "./boot.ts";
import type { SimClock } from "./clock.ts";

/** After a failure machine.sh leaves a machine on for five minutes, so that its console can be read. */
const LINGER_MS = 300_000;

/** A machine that runs: what its console shows, and when it powers itself off, as machine.sh in `templates/` does. */
export class Guest implements BootedMachine {
  readonly ended: Promise<void>;
  listens: readonly number[] = [];
  /** Whether it powers off when Dask on it has ended. */
  autoShutdown = false;
  /** Whether it stays on for a while after a failure. */
  lingers = true;
  /** The cluster that it was made for, as it says itself. */
  clusterName = "";
  /** What it does before it powers off, until its power is taken. */
  lastAct: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly #clock: SimClock;
  readonly #lines: string[] = [];
  readonly #leaving: (() => unknown)[] = [];
  readonly #powersOff: () => void;
  #off: Promise<unknown> | undefined;

  constructor(clock: SimClock) {
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#powersOff = resolve;
  }

  /** Whether its power is off. */
  get isOff(): boolean {
    return this.#off !== undefined;
  }

  /** One of our own programs says something: its journal is forwarded to the console. */
  say(line: string): void {
    this.show(`[   21.417203] dask-fleet[812]: dask-fleet: ${line}`);
  }

  /** The system itself says something, on a serial line. */
  show(line: string): void {
    this.#lines.push(`${line}\r\n`);
  }

  async console(): Promise<string> {
    return this.#lines.join("");
  }

  /** What happens when its power goes, however it goes. */
  onPowerOff(action: () => unknown): void {
    if (this.isOff) void action();
    else this.#leaving.push(action);
  }

  /** Its user data decides how it ends. */
  heed({ env }: Pick<Told, "env">): void {
    this.clusterName = env["DASK_FLEET_CLUSTER"] ?? "";
    this.autoShutdown = env["DASK_FLEET_AUTO_SHUTDOWN"] === "1";
    this.lingers = env["DASK_FLEET_LINGER"] !== "0";
  }

  /** Dask on it has ended with that status, or could not be started. */
  daskEnded(status: number | undefined): void {
    if (status === 0) this.giveUp("Dask has ended", { failed: false });
    else this.giveUp(`the node could not start or failed (status ${status ?? "of a signal"})`);
  }

  /** It does nothing more for its cluster. */
  giveUp(reason: string, { failed = true }: { readonly failed?: boolean } = {}): void {
    if (this.isOff) return;
    const over = `this machine's part in ${this.clusterName} is over: ${reason}`;
    if (!this.autoShutdown) {
      this.say(`${over}; autoShutdown is off, so the machine stays on`);
      return;
    }
    this.say(`${over}; the machine is powered off`);
    if (failed && this.lingers) this.onPowerOff(this.#clock.after(LINGER_MS, () => void this.#end()));
    else void this.#end();
  }

  async #end(): Promise<void> {
    const power = new AbortController();
    this.onPowerOff(() => power.abort());
    await this.lastAct?.(power.signal).catch((error: unknown) => this.say(messageOf(error)));
    this.#powersOff();
  }

  async powerOff(): Promise<void> {
    this.#off ??= Promise.all(this.#leaving.map(async (action) => await action()));
    await this.#off;
  }
}
