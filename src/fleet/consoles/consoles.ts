import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { Machine } from "../../provider/machine.ts";
import { tail } from "../../text/text.ts";
import { within } from "../../wait.ts";
import { type GaveUp, gaveUpIn } from "./gave-up.ts";
import { isHopeless } from "./hopeless-machine.ts";
import { silentEndIn, troublesOfBoot } from "./silent-boot.ts";

/** A machine that is waited for, and for how long already, in milliseconds. */
export interface Awaited {
  readonly machine: Machine;
  readonly absentMs: number;
}

export interface ConsolesOptions {
  readonly clusterName: string;
  readonly provider: Pick<ClusterProvider, "console">;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

const TIMEOUT_MS = 5000;
/** Hardly a machine has given up sooner. */
const FIRST_LOOK_MS = 10_000;
/** With the grace for a silent machine, and a slow look, less than half a minute. */
const LONGEST_PAUSE_MS = 15_000;
/** A machine whose boot has ended without a word of ours may still say one: a unit starts a moment later, a console lags. */
const GRACE_MS = 8000;
/** So many machines that are silent end a start; they are heard at the same time, and not one after the other. */
const MOST_SILENT = 4;

/** What the machines of a cluster have printed. An unreadable console is never an error. */
export class Consoles {
  readonly #options: ConsolesOptions;
  readonly #now: () => number;
  /** Of each machine, which look it was that saw it last. */
  readonly #seenIn = new Map<string, number>();
  /** Machines whose boot has ended in silence, and when that was seen. */
  readonly #silentSince = new Map<string, number>();
  #looks = 0;
  #lastLookAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsolesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Everything that a machine's console still has, or why it cannot be read. Takes five seconds at most. */
  async text(machine: Machine, signal?: AbortSignal): Promise<string> {
    try {
      return await this.#read(machine, signal);
    } catch (error) {
      signal?.throwIfAborted();
      return messageOf(error);
    }
  }

  /** The end of a machine's console, to be put behind an error's message. Takes five seconds at most. */
  async tailOf(machine: Machine, signal?: AbortSignal): Promise<string> {
    return this.endOf(await this.text(machine, signal));
  }

  /**
   * The end of what a console says, up to the machine's giving up, to be put behind an error's message; before it what went wrong
   * earlier in the boot.
   */
  endOf(log: string): string {
    const text = gaveUpIn(log, this.#options.clusterName)?.log ?? log;
    return tail(text, troublesOfBoot(text));
  }

  /** Whether a console says that another machine would fail in the same way. */
  saysHopeless(log: string): boolean {
    return isHopeless(log, this.#options.clusterName);
  }

  /**
   * Looks now and then whether a machine has given up: it is waited for in vain. Each look costs calls to the cloud, so there is one
   * at a time for all machines, and the next when half as much again has been waited, or a quarter of a minute more. One that is
   * silent where it should have spoken is looked at again a moment later before that counts.
   *
   * @returns one that has given up, if it is time for a look and the look finds one; then the next may follow at once
   */
  async look<Each extends Awaited>(
    awaited: readonly Each[],
    signal?: AbortSignal,
  ): Promise<{ readonly of: Each; readonly gaveUp: GaveUp } | undefined> {
    const ids = new Set(awaited.map(({ machine }) => machine.id));
    for (const id of this.#silentSince.keys()) if (!ids.has(id)) this.#silentSince.delete(id);
    const next = this.#overdue(awaited) ?? this.#nextInTurn(awaited);
    if (next === undefined) return undefined;
    const { id } = next.machine;
    this.#looks += 1;
    this.#seenIn.set(id, this.#looks);
    const log = await this.#read(next.machine, signal).catch(() => undefined);
    signal?.throwIfAborted();
    const gaveUp = log === undefined ? undefined : (gaveUpIn(log, this.#options.clusterName) ?? this.#silence(id, log));
    if (log === undefined && this.#silentSince.has(id)) this.#silentSince.set(id, this.#now());
    const mayFollow = gaveUp !== undefined || this.#hasJustFallenSilent(id);
    this.#lastLookAt = mayFollow ? Number.NEGATIVE_INFINITY : this.#now();
    return gaveUp === undefined ? undefined : { of: next, gaveUp };
  }

  /** One whose silence has lasted as long as it may. */
  #overdue<Each extends Awaited>(awaited: readonly Each[]): Each | undefined {
    return awaited.find(({ machine }) => {
      const since = this.#silentSince.get(machine.id);
      return since !== undefined && this.#now() - since >= GRACE_MS;
    });
  }

  #nextInTurn<Each extends Awaited>(awaited: readonly Each[]): Each | undefined {
    const seenIn = ({ machine }: Awaited): number => this.#seenIn.get(machine.id) ?? 0;
    const [next] = awaited
      .filter(({ machine, absentMs }) => absentMs >= FIRST_LOOK_MS && !this.#silentSince.has(machine.id))
      .toSorted((a, b) => seenIn(a) - seenIn(b) || b.absentMs - a.absentMs);
    return next === undefined || this.#now() - this.#lastLookAt < pauseMs(next) ? undefined : next;
  }

  /** The end of a machine that is silent for the second time. */
  #silence(id: string, log: string): GaveUp | undefined {
    const end = silentEndIn(log);
    const since = this.#silentSince.get(id);
    if (end === undefined || since !== undefined) this.#silentSince.delete(id);
    else this.#silentSince.set(id, this.#now());
    return since === undefined ? undefined : end;
  }

  #hasJustFallenSilent(id: string): boolean {
    return this.#silentSince.has(id) && this.#silentSince.size < MOST_SILENT;
  }

  async #read(machine: Machine, signal: AbortSignal | undefined): Promise<string> {
    const deadline = new Deadline(TIMEOUT_MS, signal);
    return await within("the boot log", deadline, (inner) => this.#options.provider.console(machine, inner));
  }
}

function pauseMs({ absentMs }: Awaited): number {
  return Math.min(LONGEST_PAUSE_MS, absentMs / 3);
}
