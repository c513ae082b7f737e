import type { AddressSpace } from "../core/address-space.ts";
import type { Bootloader } from "../core/boot.ts";
import type { SimClock } from "../core/clock.ts";
import { NothingBoot } from "./nothing-boot.ts";
import { PaperBoot } from "./paper-boot.ts";
import { ProcessBoot } from "./process-boot.ts";

/** The bootloader that a cloud's options ask for. */
export function bootloaderFor(
  boot: "none" | "paper" | "process" | Bootloader,
  directory: string | undefined,
  clock: SimClock,
  { launcherInside }: AddressSpace,
): Bootloader {
  switch (boot) {
    case "none":
      return new NothingBoot(clock);
    case "paper":
      return new PaperBoot({ clock, launcherInside });
    case "process":
      if (directory === undefined) throw new Error('A simulated cloud with boot: "process" needs a `directory`');
      return new ProcessBoot(directory, clock);
    default:
      return boot;
  }
}
