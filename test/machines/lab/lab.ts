import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { AddressSpace, type Bootloader, type MachineInput } from "@dask-fleet/simulated-clouds";

import type { Disguise } from "./disguise.ts";
import { type LabImage, labImage } from "./lab-image.ts";
import { LabMachine, type Place } from "./lab-machine.ts";
import { MetadataService } from "./metadata-service.ts";
import { LabNetwork } from "./network.ts";
import { IPV6_CIDR, ipv6Of, LAUNCHER_INSIDE, PRIVATE_CIDR, PUBLIC_CIDR } from "./ranges.ts";

/** The lab's own addresses, for a simulated cloud that boots there. */
export function labAddresses(): AddressSpace {
  return new AddressSpace({
    privateCidr: PRIVATE_CIDR,
    publicCidr: PUBLIC_CIDR,
    launcherInside: LAUNCHER_INSIDE,
    ipv6: { cidr: IPV6_CIDR, of: ipv6Of },
  });
}

/**
 * A place where a simulated cloud's machines are real ones: give it to the cloud as `boot`, and its `addresses` too. It needs
 * the namespaces that `npm run test:machines` makes.
 */
export class Lab implements Bootloader, AsyncDisposable {
  readonly addresses = labAddresses();
  readonly #place: Place;
  readonly #parts: AsyncDisposableStack;
  readonly #machines: LabMachine[] = [];
  #made = 0;

  /** @param ipv6 whether its network has IPv6, too */
  static async open(disguise: Disguise, image: LabImage = labImage(), { ipv6 = false } = {}): Promise<Lab> {
    await using parts = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), "lab-"));
    parts.defer(async () => await rm(directory, { recursive: true, force: true }));
    const network = parts.use(await LabNetwork.open(directory, { ipv6 }));
    const metadata = parts.use(await MetadataService.open({ ipv6 }));
    return new Lab({ directory, network, metadata, disguise, image }, parts.move());
  }

  private constructor(place: Place, parts: AsyncDisposableStack) {
    this.#place = place;
    this.#parts = parts;
  }

  /** @param from a machine that is off, whose disk becomes the new one's image */
  async boot(input: MachineInput, from?: LabMachine): Promise<LabMachine> {
    const machine = await LabMachine.boot(input, `m${++this.#made}`, this.#place, from);
    this.#machines.push(machine);
    return machine;
  }

  /** The machine with that address. */
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
    await this.#parts.disposeAsync();
  }
}
