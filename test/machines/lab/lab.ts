import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AddressSpace } from "../../simulated/core/address-space.ts";
import type { Bootloader, MachineInput } from "../../simulated/core/boot.ts";
import type { Disguise } from "./disguise.ts";
import { LabMachine } from "./lab-machine.ts";
import { MetadataService } from "./metadata-service.ts";
import { LabNetwork } from "./network.ts";
import { LAUNCHER_INSIDE, PRIVATE_CIDR, PUBLIC_CIDR } from "./ranges.ts";

/** The root file system of all machines. */
export function labImage(): string {
  const image = process.env["DASK_FLEET_LAB_IMAGE"];
  if (image === undefined) throw new Error("Real machines need what `npm run test:machines` sets up");
  return image;
}

/**
 * A place where a simulated cloud's machines are real ones: give it to the cloud as `boot`, and its `addresses` too. It needs
 * the namespaces that `npm run test:machines` makes.
 */
export class Lab implements Bootloader, AsyncDisposable {
  readonly addresses = new AddressSpace({
    privateCidr: PRIVATE_CIDR,
    publicCidr: PUBLIC_CIDR,
    launcherInside: LAUNCHER_INSIDE,
  });
  readonly metadata: MetadataService;
  readonly #disguise: Disguise;
  readonly #image: string;
  readonly #directory: string;
  readonly #network: LabNetwork;
  readonly #machines: LabMachine[] = [];
  #made = 0;

  static async open(disguise: Disguise): Promise<Lab> {
    const image = labImage();
    const directory = await mkdtemp(join(tmpdir(), "lab-"));
    const network = await LabNetwork.open(directory);
    return new Lab(disguise, { image, directory, network, metadata: await MetadataService.open() });
  }

  private constructor(
    disguise: Disguise,
    parts: {
      readonly image: string;
      readonly directory: string;
      readonly network: LabNetwork;
      readonly metadata: MetadataService;
    },
  ) {
    this.#disguise = disguise;
    this.#image = parts.image;
    this.#directory = parts.directory;
    this.#network = parts.network;
    this.metadata = parts.metadata;
  }

  async boot(input: MachineInput): Promise<LabMachine> {
    const machine = await LabMachine.boot(input, `m${++this.#made}`, {
      network: this.#network,
      metadata: this.metadata,
      directory: this.#directory,
      image: this.#image,
      disguise: this.#disguise,
    });
    this.#machines.push(machine);
    return machine;
  }

  /** The machine that has that address. */
  at({ privateAddress }: { readonly privateAddress: string }): LabMachine {
    const machine = this.machines.findLast(({ input }) => input.privateAddress === privateAddress);
    if (machine === undefined) throw new Error(`The lab has booted no machine at ${privateAddress}`);
    return machine;
  }

  /** All machines that were booted, those whose power is off included. */
  get machines(): readonly LabMachine[] {
    return this.#machines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.powerOff()));
    await this.metadata[Symbol.asyncDispose]();
    await this.#network[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
