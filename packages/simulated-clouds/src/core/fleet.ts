import type { MachineInput } from "./boot.ts";
import { type MachineHooks, type MachineSetting, SimMachine } from "./machine.ts";

/** All machines of a simulated cloud, those that are gone included. */
export class SimFleet {
  readonly #setting: MachineSetting;
  readonly #machines = new Map<string, SimMachine>();

  constructor(setting: MachineSetting) {
    this.#setting = setting;
  }

  /** Makes a machine and switches it on. */
  launch(input: MachineInput, hooks: MachineHooks): SimMachine {
    if (this.#machines.has(input.id)) throw new Error(`There is a machine ${input.id} already`);
    const machine = new SimMachine(input, this.#setting, hooks);
    this.#machines.set(input.id, machine);
    return machine;
  }

  get(id: string): SimMachine | undefined {
    return this.#machines.get(id);
  }

  /** In the order in which they were made. */
  get all(): readonly SimMachine[] {
    return [...this.#machines.values()];
  }

  /** Ends all machines at once and forgets them. Resolves when nothing of them runs any more. */
  async endAll(): Promise<void> {
    const machines = this.all;
    this.#machines.clear();
    const ended = await Promise.allSettled(machines.map((machine) => machine.forget()));
    const troubles = ended.filter((each) => each.status === "rejected").map(({ reason }) => reason as unknown);
    if (troubles.length > 0) throw new AggregateError(troubles, "Machines of the simulated cloud did not end");
  }
}
