import type { WorkerInfo } from "../dask/worker-info.ts";
import { DaskFleetError } from "../errors.ts";
import type { Machine } from "../provider/machine.ts";
import { printableName } from "../text/printable.ts";
import { linesIn } from "../text/text.ts";
import type { Consoles } from "./consoles/consoles.ts";
import type { GaveUp } from "./consoles/gave-up.ts";
import { takesTasks } from "./node-table.ts";
import type { Troubles } from "./troubles.ts";

export interface WorkersBesideOptions {
  /** The scheduler's machine. */
  readonly machine: Machine;
  /** Their number; undefined when only the machine can tell. */
  readonly processes: number | undefined;
  /** Looks for the marker of these workers, not of their machine. */
  readonly consoles: Pick<Consoles, "look" | "endOf" | "tailOf">;
  readonly troubles: Troubles;
  /** Workers that left may come back for this long before they are missed, in milliseconds. */
  readonly lostAfterMs: number;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

type SeenWorker = Pick<WorkerInfo, "name" | "status">;

/** Whether a worker is on that machine: it has the machine's name, with `-0`, `-1` … where there are several. */
export function isNodeOf({ nodeName }: Pick<Machine, "nodeName">, workerName: string): boolean {
  return workerName === nodeName || workerName.replace(/-\d+$/, "") === nodeName;
}

/**
 * The workers on the scheduler's own machine (`singleNode`). They take tasks like any other, but the fleet neither counts nor retires them,
 * and cannot replace them: a start waits for them, and a trouble says when some are gone.
 */
export class WorkersBeside {
  readonly #options: WorkersBesideOptions;
  readonly #now: () => number;
  #registered = 0;
  #working = 0;
  /** The most that took tasks at once. */
  #most = 0;
  #missingSince: number | undefined;
  #gaveUp: GaveUp | undefined;

  constructor(options: WorkersBesideOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#missingSince = this.#now();
  }

  /** Whether a worker of that name is one of them. */
  owns(workerName: string): boolean {
    return isNodeOf(this.#options.machine, workerName);
  }

  get machineId(): string {
    return this.#options.machine.id;
  }

  /** Those that the scheduler knows, in any status. */
  get registered(): number {
    return this.#registered;
  }

  /** Whether all of them take tasks. */
  get isWhole(): boolean {
    return this.#missingSince === undefined;
  }

  /** Whether some are missing that may still come. */
  get isDeciding(): boolean {
    return !this.isWhole && this.#gaveUp === undefined;
  }

  /** Why waiting for them is hopeless. */
  get hopeless(): Error | undefined {
    if (this.isWhole || this.#gaveUp === undefined) return undefined;
    const { reason, log } = this.#gaveUp;
    const what = `The workers on the scheduler's machine ${printableName(this.machineId)} gave up: ${reason}.`;
    return new DaskFleetError("START_FAILED", [what, ...linesIn(this.#options.consoles.endOf(log))]);
  }

  /** Takes in the scheduler's workers; returns the others. */
  observe<Worker extends SeenWorker>(workers: readonly Worker[]): readonly Worker[] {
    const own = workers.filter(({ name }) => this.owns(name));
    this.#registered = own.length;
    this.#working = own.filter(takesTasks).length;
    this.#most = Math.max(this.#most, this.#working);
    const isWhole = this.#working > 0 && this.#working >= this.#wanted;
    this.#missingSince = isWhole ? undefined : (this.#missingSince ?? this.#now());
    if (isWhole) this.#gaveUp = undefined;
    this.#tell();
    return own.length === 0 ? workers : workers.filter(({ name }) => !this.owns(name));
  }

  /** Looks on the console for why they are missing, if that is due. */
  async hear(signal: AbortSignal): Promise<void> {
    const { consoles, machine } = this.#options;
    if (!this.isDeciding) return;
    const absentMs = this.#now() - (this.#missingSince ?? this.#now());
    const found = await consoles.look([{ machine, absentMs }], signal);
    this.#gaveUp ??= found?.gaveUp;
    this.#tell();
  }

  /** Their number, as text: `; 4 of 4 workers joined on the scheduler's machine`. */
  describe(): string {
    return `; ${this.#working} of ${this.#wanted} workers joined on the scheduler's machine`;
  }

  /** The console output (last lines) of their machine, while some are missing; empty when all are there. */
  async whyWaiting(signal: AbortSignal): Promise<string> {
    if (this.isWhole) return "";
    const { consoles, machine } = this.#options;
    return `; waiting for the workers on ${machine.id}${await consoles.tailOf(machine, signal)}`;
  }

  get #wanted(): number {
    return this.#options.processes ?? Math.max(1, this.#most);
  }

  /** A start tells by itself that they have not come. */
  #tell(): void {
    const { troubles, lostAfterMs } = this.#options;
    const missingMs = this.#missingSince === undefined ? 0 : this.#now() - this.#missingSince;
    const isMissed = this.#most > 0 && (missingMs > lostAfterMs || this.#gaveUp !== undefined);
    troubles.tellOf("workers", isMissed ? this.#words() : undefined);
  }

  #words(): string {
    const why = this.#gaveUp === undefined ? "" : `: ${this.#gaveUp.reason}`;
    const gone = this.#wanted - this.#working;
    return (
      `Of the ${this.#wanted} workers on the scheduler's machine ${printableName(this.machineId)}, ` +
      `${gone} ${gone === 1 ? "is" : "are"} gone${why}. They cannot be replaced while the cluster runs; \`scale()\` adds machines.`
    );
  }
}
