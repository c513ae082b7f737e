import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { BootedMachine, Bootloader, MachineInput } from "@dask-fleet/simulated-clouds";

import type { Disguise } from "../lab/disguise.ts";
import { labFolder } from "../lab/lab-image.ts";
import { MetadataService } from "../lab/metadata-service.ts";
import { LabNetwork } from "../lab/network.ts";
import { macOf } from "../lab/ranges.ts";
import { VirtualMachine } from "./virtual-machine.ts";

/** SMBIOS's words for what the kernel shows in /sys/class/dmi/id. */
const SMBIOS: Readonly<Record<string, string>> = {
  sys_vendor: "manufacturer",
  product_name: "product",
  product_uuid: "uuid",
  product_serial: "serial",
};

/** The lab with whole virtual machines in place of system containers. */
export class VmLab implements Bootloader, AsyncDisposable {
  readonly machines: VirtualMachine[] = [];
  readonly #directory: string;
  readonly #disguise: Disguise;
  readonly #network: LabNetwork;
  readonly #metadata: MetadataService;
  readonly #parts: AsyncDisposableStack;
  #made = 0;

  static async open(disguise: Disguise): Promise<VmLab> {
    await using parts = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), "vms-"));
    parts.defer(async () => await rm(directory, { recursive: true, force: true }));
    const network = parts.use(await LabNetwork.open(directory));
    const metadata = parts.use(await MetadataService.open());
    return new VmLab(directory, disguise, network, metadata, parts.move());
  }

  private constructor(
    directory: string,
    disguise: Disguise,
    network: LabNetwork,
    metadata: MetadataService,
    parts: AsyncDisposableStack,
  ) {
    this.#directory = directory;
    this.#disguise = disguise;
    this.#network = network;
    this.#metadata = metadata;
    this.#parts = parts;
  }

  async boot(input: MachineInput): Promise<BootedMachine> {
    const name = `v${++this.#made}`;
    this.#metadata.admit(input, this.#disguise);
    const firmware = Object.entries(this.#disguise.firmware(input)).flatMap(([key, value]) => {
      const word = SMBIOS[key];
      return word === undefined ? [] : [`${word}=${value}`];
    });
    const tap = await this.#network.tap(name, input.privateAddress);
    const machine = await VirtualMachine.boot({
      kernel: join(labFolder(), "kernel"),
      disk: join(labFolder(), "disk"),
      tap,
      mac: macOf(input.privateAddress),
      firmware,
      console: join(this.#directory, name),
    });
    this.machines.push(machine);
    this.#parts.defer(async () => {
      await machine.powerOff();
      await this.#network.removeTap(name);
    });
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}
