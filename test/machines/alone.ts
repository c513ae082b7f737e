import type { MachineInput } from "@dask-fleet/simulated-clouds";

import { ToldCluster } from "../../packages/simulated-clouds/test/core/user-data-fixture.ts";
import type { NodeSpec } from "../../src/bootstrap/node-spec.ts";
import { until } from "../support/until.ts";
import { Ec2Disguise } from "./clouds/ec2.ts";
import type { FirstFile } from "./lab/disguise.ts";
import type { LabMachine } from "./lab/lab-machine.ts";
import { Lab } from "./lab/lab.ts";

/** EC2's machines, with files of a test's own on the disks of some. */
class Prepared extends Ec2Disguise {
  readonly prepared = new Map<string, readonly FirstFile[]>();

  override files(input: MachineInput): readonly FirstFile[] {
    return [...super.files(input), ...(this.prepared.get(input.id) ?? [])];
  }
}

interface HowToBoot {
  readonly userData?: Uint8Array | undefined;
  /** A stopped machine whose disk becomes this one's image. */
  readonly from?: LabMachine | undefined;
  readonly files?: readonly FirstFile[] | undefined;
}

/** Unmanaged machines: what a machine does by itself. */
export class Alone implements AsyncDisposable {
  readonly told = new ToldCluster("alone", { runtime: "native", startTimeoutMs: 200_000 });
  readonly lab: Lab;
  readonly #disguise: Prepared;

  static async open(): Promise<Alone> {
    const disguise = new Prepared();
    return new Alone(await Lab.open(disguise), disguise);
  }

  private constructor(lab: Lab, disguise: Prepared) {
    this.lab = lab;
    this.#disguise = disguise;
  }

  async boot(place: number, { userData, from, files }: HowToBoot): Promise<LabMachine> {
    const id = `i-${String(place).padStart(17, "0")}`;
    const privateAddress = `10.77.100.${place}`;
    const hostname = `ip-${privateAddress.replaceAll(".", "-")}.ec2.internal`;
    if (files !== undefined) this.#disguise.prepared.set(id, files);
    const input = { id, hostname, instanceId: id, privateAddress, admits: () => true };
    return await this.lab.boot({ ...input, userData: userData && Buffer.from(userData) }, from);
  }

  async scheduler(place: number, spec: Partial<NodeSpec> = {}, how: HowToBoot = {}): Promise<LabMachine> {
    return await this.boot(place, { userData: this.told.scheduler(spec), ...how });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
  }
}

/** A lifetime that ends that many milliseconds from now, as a launcher computes it. */
export function lifetime(ms: number): Pick<NodeSpec, "expiresAt" | "lifetimeMs"> {
  return { expiresAt: new Date(Date.now() + ms), lifetimeMs: ms };
}

export async function says(
  machine: LabMachine,
  words: string | RegExp,
  { times = 1, timeoutMs = 60_000 }: { readonly times?: number; readonly timeoutMs?: number } = {},
): Promise<void> {
  let console = "";
  await until(
    `the console to say ${String(words)}`,
    async () => {
      console = await machine.console();
      return console.split(words).length > times;
    },
    timeoutMs,
    () => console.slice(-3000),
  );
}
