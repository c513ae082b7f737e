import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

import type { BootedMachine } from "@dask-fleet/simulated-clouds";

interface NewVirtualMachine {
  readonly kernel: string;
  /** The initial file system of all machines; each machine's writes are discarded with it. */
  readonly disk: string;
  /** The interface of the lab that its network card is. */
  readonly tap: string;
  readonly mac: string;
  /** The firmware's values, such as `manufacturer=Amazon EC2`. */
  readonly firmware: readonly string[];
  /** Where the serial console is written. */
  readonly console: string;
}

/** In software: that works everywhere, also where this computer is a virtual machine itself. */
const SETTINGS = "-accel tcg,thread=multi -cpu qemu64 -smp 1 -m 768 -display none -no-reboot -nodefaults".split(" ");
const KERNEL_LINE = "root=/dev/nvme0n1 rw console=ttyS0 net.ifnames=0 mitigations=off nokaslr";

/** A whole computer: a kernel, devices that udev finds, and a serial console. */
export class VirtualMachine implements BootedMachine {
  readonly listens = [8786, 8788];
  readonly ended: Promise<void>;
  readonly #qemu: ChildProcess;
  readonly #console: string;
  readonly #exited: Promise<unknown>;
  #off = false;

  static async boot({ kernel, disk, tap, mac, firmware, console }: NewVirtualMachine): Promise<VirtualMachine> {
    const qemu = spawn(
      "qemu-system-x86_64",
      [
        ...SETTINGS,
        "-kernel",
        kernel,
        "-append",
        KERNEL_LINE,
        "-smbios",
        `type=1,${firmware.join(",")}`,
        "-serial",
        `file:${console}`,
        "-drive",
        `file=${disk},format=raw,if=none,id=disk,snapshot=on`,
        "-device",
        "nvme,drive=disk,serial=disk",
        "-netdev",
        `tap,id=net,ifname=${tap},script=no,downscript=no`,
        "-device",
        `virtio-net-pci,netdev=net,mac=${mac}`,
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    await once(qemu, "spawn");
    return new VirtualMachine(qemu, console);
  }

  private constructor(qemu: ChildProcess, console: string) {
    this.#qemu = qemu;
    this.#console = console;
    this.#exited = once(qemu, "exit");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    void this.#exited.then(() => {
      if (!this.#off) resolve();
    });
  }

  async console(): Promise<string> {
    return (await readFile(this.#console, "utf8").catch(() => "")).replaceAll("\r", "");
  }

  async powerOff(): Promise<void> {
    this.#off = true;
    this.#qemu.kill("SIGKILL");
    await this.#exited;
  }
}
