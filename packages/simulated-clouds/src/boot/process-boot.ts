import type { BootedMachine, Bootloader, MachineInput } from "../core/boot.ts";
import type { SimClock } from "../core/clock.ts";
import { Guest } from "../core/guest.ts";
import { LocalMachine, START_SCRIPT } from "../dask-fleet.ts";
import { messageOf } from "../support/message-of.ts";
import { type Told, UserDataReader } from "./told.ts";

/** Machines that are process groups on this computer and run real Dask, with the start script that came over the wire. */
export class ProcessBoot implements Bootloader {
  readonly #directory: string;
  readonly #clock: SimClock;
  readonly #reader = new UserDataReader();

  /** @param directory where the machines' disks are; a machine's is removed when its power is off */
  constructor(directory: string, clock: SimClock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async boot(machine: MachineInput): Promise<BootedMachine> {
    const guest = new ProcessGuest(this.#clock);
    try {
      const told = this.#reader.read(machine.userData);
      guest.heed(told);
      checkRuns(told);
      await guest.run(new LocalMachine(this.#directory, machine.id), machine, told);
    } catch (error) {
      guest.say(messageOf(error));
      guest.daskEnded(78);
    }
    return guest;
  }
}

function checkRuns({ files, env }: Told): void {
  if (!files.has(START_SCRIPT)) throw new Error(`this user data does not bring ${START_SCRIPT}`);
  if (env["DASK_FLEET_RUNTIME"] !== "native") {
    throw new Error(
      'this simulated machine is a process on this computer and has no docker: it needs runtime "native"',
    );
  }
}

class ProcessGuest extends Guest {
  #local: LocalMachine | undefined;
  /** What its console showed when its power went. */
  #kept: string | undefined;

  async run(local: LocalMachine, machine: MachineInput, { env }: Told): Promise<void> {
    const role = env["DASK_FLEET_ROLE"] === "scheduler" ? "scheduler" : "worker";
    const ports = [env["DASK_FLEET_PORT"], env["DASK_FLEET_GATE_PORT"], env["DASK_FLEET_JOIN_PORT"]];
    if (role === "scheduler") this.listens = ports.filter((port) => port !== undefined).map(Number);
    this.#local = local;
    this.onPowerOff(async () => {
      this.#kept = await local.bootLog();
      await local.destroy();
    });
    await local.boot({
      id: machine.instanceId,
      hostname: machine.hostname,
      role,
      address: machine.privateAddress,
      userData: machine.userData ?? Buffer.alloc(0),
      environment: machine.surroundings,
    });
    void local.exited().then((status) => this.daskEnded(status));
  }

  override async console(): Promise<string> {
    return `${this.#kept ?? (await this.#local?.bootLog()) ?? ""}${await super.console()}`;
  }
}
