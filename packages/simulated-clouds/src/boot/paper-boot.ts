import type { BootedMachine, Bootloader, MachineInput } from "../core/boot.ts";
import { Guest } from "../core/guest.ts";
import { messageOf } from "../support/message-of.ts";
import { lastActOf } from "./end-script.ts";
import type { FakeDask } from "./fake-dask.ts";
import { PaperBeside } from "./paper-beside.ts";
import { PaperNetwork } from "./paper-network.ts";
import type { PaperPlace, PaperSetting } from "./paper-node.ts";
import { PaperScheduler } from "./paper-scheduler.ts";
import { PaperWorker } from "./paper-worker.ts";
import { UserDataReader } from "./told.ts";

/** What every machine's console shows, as a real cloud-init has it (test/machines). */
const BOOT = [
  "[    0.000000] Linux version 6.1.0-13-cloud-amd64 (debian-kernel@lists.debian.org)",
  "\u001B[0;32m[  OK  ]\u001B[0m Reached target \u001B[0;1;39mmulti-user.target\u001B[0m - Multi-User System.",
  "[   20.103201] cloud-init[803]: Cloud-init v. 24.1 running 'modules:final' at Sun, 29 Nov 2026 17:40:26 +0000. Up 20.10 seconds.",
];
const CLOUD_INIT_ENDS =
  "[   21.530011] cloud-init[803]: Cloud-init v. 24.1 finished at Sun, 29 Nov 2026 17:40:27 +0000. Datasource DataSourceSim.  Up 21.53 seconds";
const PROMPT = "host login: ";

/**
 * Machines that only pretend, in this process, to run the Dask that their user data asks for, docker or not: a scheduler
 * listens for real and speaks Dask's protocol, with the certificate that it was given; a worker is a name on its list. What a
 * worker could not do in earnest (find its scheduler, show a certificate that is accepted, be reached) keeps it off that list,
 * and its console says why. `maxLifetimeMs` and `idleTimeoutMs` count on the simulated clock.
 */
export class PaperBoot implements Bootloader {
  /** Which machines never come up, and what their console shows last. */
  dud: (machine: MachineInput) => string | undefined = () => undefined;
  /** Which machines give up before Dask starts, and their console output until then. */
  broken: (machine: MachineInput) => string | undefined = () => undefined;
  /** Which machines boot without a word of ours, and what cloud-init shows of why; an empty text for one that only ends. */
  silent: (machine: MachineInput) => string | undefined = () => undefined;
  /** Under which other name than it should a machine's worker joins, as an image with a host name of its own makes it. */
  misnamed: (machine: MachineInput) => string | undefined = () => undefined;
  readonly #setting: PaperSetting;
  readonly #reader = new UserDataReader();

  constructor(setting: Omit<PaperSetting, "network">) {
    this.#setting = { ...setting, network: new PaperNetwork() };
  }

  /** The scheduler of a cluster, while it is up: its adaptive target and its workers. */
  scheduler(clusterName: string): FakeDask | undefined {
    return this.#setting.network.ofCluster(clusterName)?.dask;
  }

  async boot(machine: MachineInput): Promise<BootedMachine> {
    const guest = new Guest(this.#setting.clock);
    for (const line of BOOT) guest.show(line);
    const why = this.silent(machine);
    if (why !== undefined) {
      for (const line of [why, CLOUD_INIT_ENDS, PROMPT]) guest.show(line);
      return guest;
    }
    const shown = this.dud(machine);
    if (shown !== undefined) {
      guest.say(shown);
      return guest;
    }
    try {
      const told = this.#reader.read(machine.userData);
      guest.heed(told);
      guest.say(`this machine is part of ${guest.clusterName}`);
      guest.show(CLOUD_INIT_ENDS);
      guest.lastAct = lastActOf(machine, told);
      const trouble = this.broken(machine);
      if (trouble !== undefined) {
        guest.say(trouble);
        guest.giveUp("bootstrap failed: bootstrap-extra.sh ended with status 3");
        return guest;
      }
      const name = this.misnamed(machine);
      const named = name === undefined ? machine : { ...machine, hostname: name, instanceId: name };
      const place = { guest, machine: named, told };
      void this.#nodeAt(place).run();
      void PaperBeside.of(place, this.#setting)?.run();
    } catch (error) {
      guest.say(messageOf(error));
      guest.daskEnded(78);
    }
    return guest;
  }

  #nodeAt(place: PaperPlace): PaperScheduler | PaperWorker {
    if (place.told.env["DASK_FLEET_ROLE"] === "worker") return new PaperWorker(place, this.#setting);
    const scheduler = new PaperScheduler(place, this.#setting);
    place.guest.listens = scheduler.ports;
    return scheduler;
  }
}
