/** Where a cluster is in its life. `failed`: it could not start, or its tear-down left something behind. */
export type ClusterState = "new" | "starting" | "running" | "closing" | "closed" | "failed";

/** The phases of a start, in the order in which they begin. */
export type Phase =
  | "certificates"
  | "user data"
  | "prepare"
  | "scheduler machine"
  | "worker machines"
  | "scheduler up"
  | "workers joined";

/** What happens to one worker machine. */
export type MachineChange = "created" | "joined" | "lost" | "retired" | "destroyed";

/**
 * What keeps a cluster from its size or from being looked after:
 *
 * - `creation`: the cloud refuses machines. They are asked for again until it gives them.
 * - `brief-lives`: machines are lost soon after they were made. Replacement is slowed down.
 * - `workers`: workers are registered but do not work: paused, closing, or some of a machine's are missing.
 * - `names`: a worker has joined under a name that none of the machines has, so its machine counts as one that has not joined.
 * - `scheduler-restart`: the scheduler came back empty; the trouble is over when as many workers as are wanted have come back.
 * - `lead`: this process no longer looks after the cluster, because another one does or its record is gone. It changes nothing more.
 * - `state`: a file that dask-fleet keeps of the cluster on this computer cannot be written or read, or is not this user's alone. The
 *   cluster is looked after all the same.
 * - `silence`: the scheduler does not answer, although its machine is there; since its last answer.
 * - `care`: a look at the cluster fails, such as for a list of machines that the cloud does not give.
 */
export type TroubleKind =
  | "creation"
  | "brief-lives"
  | "workers"
  | "names"
  | "scheduler-restart"
  | "lead"
  | "state"
  | "silence"
  | "care";

/** Everything a user interface can show of a cluster's life. */
export type ProgressEvent =
  | {
      /** The cluster has come into another state. */
      readonly type: "state";
      /** The state it is in now. */
      readonly state: ClusterState;
    }
  | {
      /** A phase of the start has begun. */
      readonly type: "phase-started";
      /** Which one. Phases may overlap. */
      readonly phase: Phase;
    }
  | {
      /** A phase of the start is over. */
      readonly type: "phase-finished";
      /** Which one. */
      readonly phase: Phase;
      /** How long it took, in milliseconds. */
      readonly durationMs: number;
    }
  | {
      /** Something has happened to a worker machine. */
      readonly type: "machine";
      /** What has happened. */
      readonly change: MachineChange;
      /** The provider's own id of the machine. */
      readonly id: string;
      /** The machine's group of workers; `default` where options name none. */
      readonly group: string;
      /** Why, where that is known. */
      readonly reason?: string | undefined;
    }
  | {
      /** How many workers there should be has changed. */
      readonly type: "target";
      /** The new number of worker machines. */
      readonly workers: number;
      /** The group of workers. */
      readonly group: string;
      /** What has set it: `scale()`, or Dask's adaptive target. */
      readonly reason: "scale" | "adapt";
    }
  | {
      /** Something keeps the cluster from its size or from being looked after. */
      readonly type: "trouble";
      /** `lasts` comes again and again while it does. */
      readonly change: "began" | "lasts" | "ended";
      /** What it is. */
      readonly kind: TroubleKind;
      /** The group of workers that it keeps from its size; undefined for what is the whole cluster's. */
      readonly group?: string | undefined;
      /** The same in whole sentences, printable. */
      readonly message: string;
      /** When it began. */
      readonly since: Date;
    }
  | {
      /** Something to know that ends nothing. */
      readonly type: "warning";
      /** Whole sentences, printable. */
      readonly message: string;
    };

/** When a phase of the start began and how long it took. */
export interface PhaseTiming {
  /** Which one. */
  readonly phase: Phase;
  /** When it began, in milliseconds since `start()` was called. */
  readonly startedAtMs: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** Measures the phases of a start and tells of them. Phases may overlap. */
export class Timeline {
  readonly #emit: (event: ProgressEvent) => void;
  readonly #timings: PhaseTiming[] = [];
  readonly #running = new Set<Phase>();
  #origin = performance.now();

  constructor(emit: (event: ProgressEvent) => void) {
    this.#emit = emit;
  }

  begin(): void {
    this.#origin = performance.now();
  }

  get timings(): readonly PhaseTiming[] {
    return this.#timings.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  }

  /** The phases under way, for messages that say where a start has stopped. */
  get running(): readonly Phase[] {
    return [...this.#running];
  }

  async measure<T>(phase: Phase, work: () => T | Promise<T>): Promise<T> {
    const startedAtMs = performance.now() - this.#origin;
    this.#running.add(phase);
    this.#emit({ type: "phase-started", phase });
    const result = await work();
    const durationMs = performance.now() - this.#origin - startedAtMs;
    this.#running.delete(phase);
    this.#timings.push({ phase, startedAtMs, durationMs });
    this.#emit({ type: "phase-finished", phase, durationMs });
    return result;
  }
}
