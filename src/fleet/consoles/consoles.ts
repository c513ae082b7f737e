import { Deadline } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { ProgressEvent } from "../../progress.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { Machine } from "../../provider/machine.ts";
import { tail } from "../../text/text.ts";
import { within } from "../../wait.ts";
import { lastLineOf } from "./console-text.ts";
import { type GaveUp, type MarkedPart, gaveUpIn, isHopeless } from "./gave-up.ts";
import { silentEndIn, troublesOfBoot } from "./silent-boot.ts";

/** A machine that has not joined, and for how long, in milliseconds. */
export interface Awaited {
  readonly machine: Machine;
  readonly absentMs: number;
}

export interface ConsolesOptions {
  readonly clusterName: string;
  readonly provider: Pick<ClusterProvider, "console">;
  /** Whose end its markers tell. Default: the machine's. */
  readonly part?: MarkedPart | undefined;
  /** Hears the last line of a console that was looked at, if it is another than before. */
  readonly emit?: ((event: ProgressEvent) => void) | undefined;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

const TIMEOUT_MS = 5000;
/** Machines rarely give up sooner. */
const FIRST_LOOK_MS = 10_000;
/** With the grace for a silent machine and a slow call: less than half a minute. */
const LONGEST_PAUSE_MS = 15_000;
/** A machine that ended its boot without our output may still print some: a unit starts a moment later, a console lags. */
const GRACE_MS = 8000;
/** This many silent machines end a start. Their consoles are read at the same time. */
const MOST_SILENT = 4;

/** The console output of a cluster's machines. An unreadable console is never an error. */
export class Consoles {
  readonly #options: ConsolesOptions;
  readonly #now: () => number;
  /** The number of the last look at each machine. */
  readonly #seenIn = new Map<string, number>();
  /** When machines were first seen to have booted without our output. */
  readonly #silentSince = new Map<string, number>();
  /** The last lines of machines, as they were told. */
  readonly #lastLines = new Map<string, string>();
  #looks = 0;
  #lastLookAt = Number.NEGATIVE_INFINITY;

  constructor(options: ConsolesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A machine's whole console output, or why it is unreadable. Takes five seconds at most. */
  async text(machine: Machine, signal?: AbortSignal): Promise<string> {
    try {
      return await this.#read(machine, signal);
    } catch (error) {
      signal?.throwIfAborted();
      return messageOf(error);
    }
  }

  /** A machine's console output (last lines), to append to an error's message. Takes five seconds at most. */
  async tailOf(machine: Machine, signal?: AbortSignal): Promise<string> {
    return this.endOf(await this.text(machine, signal));
  }

  /**
   * The console output (last lines) up to the gave-up marker, to append to an error's message; before it, earlier failures of the boot.
   */
  endOf(log: string): string {
    const text = this.#gaveUpIn(log)?.log ?? log;
    return tail(text, troublesOfBoot(text));
  }

  /** Whether console output says that another machine would fail in the same way. */
  saysHopeless(log: string): boolean {
    return isHopeless(log, this.#options.clusterName);
  }

  /**
   * Looks for gave-up markers on consoles now and then. Each look costs calls to the cloud, so there is one at a time for all machines,
   * and the next after half the wait so far, at most 15 s later. A silent machine counts only after a second look.
   *
   * @returns a machine that has given up, if a look is due and finds one; then the next look may follow at once
   */
  async look<Each extends Awaited>(
    awaited: readonly Each[],
    signal?: AbortSignal,
  ): Promise<{ readonly of: Each; readonly gaveUp: GaveUp } | undefined> {
    const ids = new Set(awaited.map(({ machine }) => machine.id));
    for (const about of [this.#silentSince, this.#lastLines]) {
      for (const id of about.keys()) if (!ids.has(id)) about.delete(id);
    }
    const next = this.#overdue(awaited) ?? this.#nextInTurn(awaited);
    if (next === undefined) return undefined;
    const { id } = next.machine;
    this.#looks += 1;
    this.#seenIn.set(id, this.#looks);
    const log = await this.#read(next.machine, signal).catch(() => undefined);
    signal?.throwIfAborted();
    if (log !== undefined) this.#tellLastLine(id, log);
    const gaveUp = log === undefined ? undefined : (this.#gaveUpIn(log) ?? this.#silence(id, log));
    if (log === undefined && this.#silentSince.has(id)) this.#silentSince.set(id, this.#now());
    const mayFollow = gaveUp !== undefined || this.#hasJustFallenSilent(id);
    this.#lastLookAt = mayFollow ? Number.NEGATIVE_INFINITY : this.#now();
    return gaveUp === undefined ? undefined : { of: next, gaveUp };
  }

  #gaveUpIn(log: string): GaveUp | undefined {
    const { clusterName, part } = this.#options;
    return gaveUpIn(log, clusterName, part);
  }

  #tellLastLine(id: string, log: string): void {
    const line = lastLineOf(log);
    if (line === "" || line === this.#lastLines.get(id)) return;
    this.#lastLines.set(id, line);
    this.#options.emit?.({ type: "console", id, line });
  }

  /** A machine whose silence has exceeded the grace. */
  #overdue<Each extends Awaited>(awaited: readonly Each[]): Each | undefined {
    return awaited.find(({ machine }) => {
      const since = this.#silentSince.get(machine.id);
      return since !== undefined && this.#now() - since >= GRACE_MS;
    });
  }

  #nextInTurn<Each extends Awaited>(awaited: readonly Each[]): Each | undefined {
    const seenIn = ({ machine }: Awaited): number => this.#seenIn.get(machine.id) ?? 0;
    const isBefore = (a: Each, b: Each): boolean => (seenIn(a) - seenIn(b) || b.absentMs - a.absentMs) < 0;
    let next: Each | undefined;
    for (const each of awaited) {
      if (each.absentMs < FIRST_LOOK_MS || this.#silentSince.has(each.machine.id)) continue;
      if (next === undefined || isBefore(each, next)) next = each;
    }
    return next === undefined || this.#now() - this.#lastLookAt < pauseMs(next) ? undefined : next;
  }

  /** The result for a machine that is silent for the second time. */
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
    return await within("the console output", deadline, (inner) => this.#options.provider.console(machine, inner));
  }
}

function pauseMs({ absentMs }: Awaited): number {
  return Math.min(LONGEST_PAUSE_MS, absentMs / 3);
}
