import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { BootedMachine, MachineInput } from "@dask-fleet/simulated-clouds";

import { ControlGroup } from "./control-group.ts";
import type { Disguise } from "./disguise.ts";
import { Disk } from "./disk.ts";
import type { LabImage } from "./lab-image.ts";
import type { MetadataService } from "./metadata-service.ts";
import type { LabNetwork } from "./network.ts";
import { SystemContainer } from "./system-container.ts";

/** A scheduler's ports. Which of them are open from outside is the firewall's business, and for all machines the same. */
const PORTS = [8786, 8788];
const FIRMWARE = "/usr/local/lib/lab/dmi";

export interface Place {
  readonly network: LabNetwork;
  readonly metadata: MetadataService;
  readonly directory: string;
  readonly image: LabImage;
  readonly disguise: Disguise;
}

interface Parts {
  readonly input: MachineInput;
  readonly name: string;
  readonly network: LabNetwork;
  readonly disk: Disk;
  readonly start: () => Promise<SystemContainer>;
  readonly container: SystemContainer;
  readonly parts: AsyncDisposableStack;
}

/** One machine of the lab: a system container with a disk, an address and a metadata service. */
export class LabMachine implements BootedMachine {
  readonly listens = PORTS;
  readonly bootedAt = Date.now();
  readonly ended: Promise<void>;
  readonly input: MachineInput;
  readonly #name: string;
  readonly #network: LabNetwork;
  readonly #disk: Disk;
  readonly #hasEnded: () => void;
  /** How its power is given. */
  readonly #start: () => Promise<SystemContainer>;
  #container: SystemContainer;
  /** Cleanups that run with it, last first. */
  readonly #parts: AsyncDisposableStack;
  #off: Promise<void> | undefined;

  /** @param from a machine that is off, whose disk becomes this one's image */
  static async boot(input: MachineInput, name: string, place: Place, from?: LabMachine): Promise<LabMachine> {
    const { network, metadata, disguise, image } = place;
    await using parts = new AsyncDisposableStack();
    const directory = join(place.directory, name);
    await mkdir(directory, { recursive: true });
    const disk = await Disk.make(
      join(directory, "disk"),
      ...(from === undefined ? [] : [from.#disk.written]),
      image.root,
    );
    parts.defer(async () => await disk.remove());
    for (const { path, content, mode, hangs = false } of disguise.files?.(input) ?? []) {
      if (hangs) await disk.writePipe(path);
      else await disk.write(path, content, mode);
    }
    for (const [key, value] of Object.entries(disguise.firmware(input))) {
      await disk.write(join(FIRMWARE, key), `${value}\n`);
    }
    metadata.admit(input, disguise);
    parts.defer(() => metadata.forget(input));
    await network.plug(name, input.privateAddress, {
      configured: disguise.configured,
      ipv6Only: input.ipv6Only === true ? input.ipv6Address : undefined,
    });
    parts.defer(async () => await network.unplug(name));
    const group = await ControlGroup.make(name);
    parts.defer(async () => await group.remove());
    const console = join(directory, "console");
    const start = async (): Promise<SystemContainer> =>
      await SystemContainer.boot({ name, root: disk.root, group: group.path, console });
    return new LabMachine({ input, name, network, disk, start, container: await start(), parts: parts.move() });
  }

  private constructor({ input, name, network, disk, start, container, parts }: Parts) {
    this.input = input;
    this.#name = name;
    this.#network = network;
    this.#disk = disk;
    this.#start = start;
    this.#container = container;
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#watch(resolve);
    this.#hasEnded = resolve;
  }

  #watch(hasEnded: () => void): void {
    const container = this.#container;
    void container.exited.then(async ({ rebooted }) => {
      if (this.#off !== undefined || container.isKilled) return;
      if (!rebooted) return hasEnded();
      this.#container = await this.#start();
      this.#watch(hasEnded);
    });
  }

  /** Takes its power away, and gives it back. */
  async powerCycle(): Promise<void> {
    await this.#container.kill();
    this.#container = await this.#start();
    this.#watch(this.#hasEnded);
  }

  /** Takes its power away, and leaves the disk where it is. */
  async unplug(): Promise<void> {
    await this.#container.kill();
  }

  /** Whether its power was taken. */
  get isOff(): boolean {
    return this.#off !== undefined;
  }

  async console(): Promise<string> {
    return await this.#container.console();
  }

  /** Runs a program inside, as root, and returns its output. */
  async inside(command: string, args: readonly string[] = [], timeoutMs?: number): Promise<string> {
    return await this.#container.inside(command, args, timeoutMs);
  }

  /** A line of bash inside. */
  async sh(line: string, timeoutMs?: number): Promise<string> {
    return (await this.inside("bash", ["-c", line], timeoutMs)).trimEnd();
  }

  /** Disconnects it from the network; it keeps running. */
  async cut(): Promise<void> {
    await this.#network.cut(this.#name);
  }

  async mend(): Promise<void> {
    await this.#network.mend(this.#name);
  }

  async powerOff(): Promise<void> {
    this.#off ??= this.#takePower();
    await this.#off;
  }

  async #takePower(): Promise<void> {
    await this.#container.kill();
    await this.#parts.disposeAsync();
  }
}
