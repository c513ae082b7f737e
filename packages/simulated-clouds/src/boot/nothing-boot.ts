import type { BootedMachine, Bootloader } from "../core/boot.ts";
import type { SimClock } from "../core/clock.ts";
import { Guest } from "../core/guest.ts";

/** Machines that have power and do nothing with it. */
export class NothingBoot implements Bootloader {
  readonly #clock: SimClock;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  async boot(): Promise<BootedMachine> {
    const guest = new Guest(this.#clock);
    guest.say("this simulated machine boots nothing");
    return guest;
  }
}
