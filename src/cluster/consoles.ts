import { Deadline } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { tail } from "../text.ts";
import { within } from "../wait.ts";
import { type Farewell, farewellIn } from "./farewell.ts";
import { isHopeless } from "./hopeless-machine.ts";
import type { Machine, MachineProvider } from "./machine.ts";

/** A machine that is waited for, and for how long already, in milliseconds. */
export interface Awaited {
  readonly machine: Machine;
  readonly absentMs: number;
}

export interface ConsolesOptions {
  readonly clusterName: string;
  readonly provider: Pick<MachineProvider, "bootLog">;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

const TIMEOUT_MS = 5000;
/** Hardly a machine has given up sooner. */
const FIRST_LOOK_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;

/** What the machines of a cluster have printed. An unreadable console is never an error. */
export class Consoles {
  readonly #options: ConsolesOptions;
  readonly #now: () => number;
  /** Of each machine, which look it was that saw it last. */
  readonly #seenIn = new Map<string, number>();
  #looks = 0;
  #lastLookAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsolesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Everything that a machine's console still has, or why it cannot be read. Takes five seconds at most. */
  async text(machine: Machine, signal?: AbortSignal): Promise<string> {
    return await this.#read(machine, signal);
  }

  /** The end of a machine's console, to be put behind an error's message. Takes five seconds at most. */
  async lastWords(machine: Machine, signal?: AbortSignal): Promise<string> {
    return this.endOf(await this.#read(machine, signal));
  }

  /** The end of what a console says, up to the machine's giving up, to be put behind an error's message. */
  endOf(log: string): string {
    return tail(farewellIn(log, this.#options.clusterName)?.log ?? log);
  }

  /** Whether a console says that another machine would fail in the same way. */
  saysHopeless(log: string): boolean {
    return isHopeless(log, this.#options.clusterName);
  }

  /**
   * Looks now and then whether a machine has given up: it is waited for in vain. Each look costs calls to the cloud, so there is one
   * at a time for all machines, and the next when half as much again has been waited, or half a minute more.
   *
   * @returns one that has given up, if it is time for a look and the look finds one; then the next may follow at once
   */
  async look<Each extends Awaited>(
    awaited: readonly Each[],
    signal?: AbortSignal,
  ): Promise<{ readonly of: Each; readonly farewell: Farewell } | undefined> {
    const seenIn = ({ machine }: Awaited): number => this.#seenIn.get(machine.id) ?? 0;
    const [next] = awaited
      .filter(({ absentMs }) => absentMs >= FIRST_LOOK_MS)
      .toSorted((a, b) => seenIn(a) - seenIn(b) || b.absentMs - a.absentMs);
    if (next === undefined || this.#now() - this.#lastLookAt < pauseMs(next)) return undefined;
    this.#looks += 1;
    this.#seenIn.set(next.machine.id, this.#looks);
    const farewell = farewellIn(await this.#read(next.machine, signal), this.#options.clusterName);
    this.#lastLookAt = farewell === undefined ? this.#now() : Number.NEGATIVE_INFINITY;
    return farewell === undefined ? undefined : { of: next, farewell };
  }

  /** Rejects only by the signal. */
  async #read(machine: Machine, signal: AbortSignal | undefined): Promise<string> {
    const { provider } = this.#options;
    try {
      const deadline = new Deadline(TIMEOUT_MS, signal);
      return await within("the boot log", deadline, (inner) => provider.bootLog(machine, inner));
    } catch (error) {
      signal?.throwIfAborted();
      return messageOf(error);
    }
  }
}

function pauseMs({ absentMs }: Awaited): number {
  return Math.min(LONGEST_PAUSE_MS, absentMs / 3);
}
