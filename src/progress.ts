/** The state of a cluster. `failed`: the start failed, or the tear-down left something behind. */
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

/**
 * A change of one worker machine. `booted`: the cloud lists it as running, or no longer among those that do not; one that joins soon may
 * not be seen booting.
 */
export type MachineChange = "created" | "booted" | "joined" | "lost" | "retired" | "destroyed";

/** What happens at a spot notice. */
export type NoticeChange = "given" | "moved" | "late" | "withdrawn";

/**
 * The kinds of trouble of a running cluster:
 *
 * - `creation`: the cloud refuses machines. Requests are retried until it creates them.
 * - `brief-lives`: machines are lost soon after their creation. Replacement backs off.
 * - `workers`: registered workers take no tasks: paused, closing, or some of a machine's workers are missing.
 * - `names`: a worker joined under an unknown name, so its machine counts as not joined.
 * - `scheduler-restart`: the scheduler came back empty; the trouble ends when the target number of workers is back.
 * - `lead`: this process lost the lead to another one, or the cluster's record is gone. It changes nothing more.
 * - `state`: a state file of the cluster on this computer cannot be written or read, or other users can access it. The cluster is
 *   managed all the same.
 * - `silence`: the scheduler does not answer, although its machine exists; since its last answer.
 * - `care`: reconciling fails, such as when the cloud refuses to list machines.
 * - `certificates`: they could not be renewed, or some workers have not taken them; it is tried again.
 * - `join`: machines cannot be given certificates, so that none can join.
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
  | "care"
  | "certificates"
  | "join";

/** All of them. */
export const TROUBLE_KINDS = [
  "creation",
  "brief-lives",
  "workers",
  "names",
  "scheduler-restart",
  "lead",
  "state",
  "silence",
  "care",
  "certificates",
  "join",
] as const satisfies readonly TroubleKind[];

/** An event in a cluster's life, for user interfaces. */
export type ProgressEvent =
  | {
      /** The cluster's state has changed. */
      readonly type: "state";
      /** The new state. */
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
      /** A worker machine has changed. */
      readonly type: "machine";
      /** The change. */
      readonly change: MachineChange;
      /** The provider's id of the machine. */
      readonly id: string;
      /** The machine's worker group; `default` without `groups`. */
      readonly group: string;
      /** The reason, if known. */
      readonly reason?: string | undefined;
    }
  | {
      /** How long a start takes, where earlier ones were measured on this computer; told when one begins. */
      readonly type: "expected";
      /** The median of the last starts with this provider, in milliseconds. */
      readonly durationMs: number;
    }
  | {
      /** A start has failed or was ended. What it created is removed now; the state `failed` follows. */
      readonly type: "rollback";
      /** Whether `close()` or a signal has ended it. */
      readonly isWanted: boolean;
      /** The reason, printable. */
      readonly message: string;
    }
  | {
      /** The scheduler's machine has changed, in a start. */
      readonly type: "scheduler";
      /** As of a worker machine. */
      readonly change: "created" | "booted";
      /** The provider's id of the machine. */
      readonly id: string;
    }
  | {
      /**
       * A machine that Dask is awaited from has printed something new on its console. Told from the looks that a start takes anyway, at
       * one machine at a time: the first after 10 s, then at most every 15 s.
       */
      readonly type: "console";
      /** The provider's id of the machine. */
      readonly id: string;
      /** Its last line, printable. */
      readonly line: string;
    }
  | {
      /** A cloud takes a worker machine back, and has said so in advance. */
      readonly type: "notice";
      /**
       * `given`: its workers get no more tasks, its data move, a replacement is requested. `moved`: its workers have closed. `late`: time
       * was over before that. `withdrawn`: the machine stays.
       */
      readonly change: NoticeChange;
      /** The provider's id of the machine. */
      readonly id: string;
      /** The machine's worker group; `default` without `groups`. */
      readonly group: string;
      /** What is known, in whole sentences, printable. */
      readonly message: string;
    }
  | {
      /** The target number of workers has changed. */
      readonly type: "target";
      /** The new number of worker machines. */
      readonly workers: number;
      /** The worker group. */
      readonly group: string;
      /** The source of the change: `scale()`, or Dask's adaptive target. */
      readonly reason: "scale" | "adapt";
    }
  | {
      /** A trouble of the cluster has begun, changed or ended. */
      readonly type: "trouble";
      /** `lasts` repeats with each new message. */
      readonly change: "began" | "lasts" | "ended";
      /** The kind of trouble. */
      readonly kind: TroubleKind;
      /** The affected worker group; undefined for the whole cluster. */
      readonly group?: string | undefined;
      /** The trouble in whole sentences, printable. */
      readonly message: string;
      /** When it began. */
      readonly since: Date;
    }
  | {
      /** The started cluster ends by itself. */
      readonly type: "ends";
      /** When, in words: `ends after 20 min without work, after 5 min without a client`. */
      readonly message: string;
      /** The time without work; undefined: never. */
      readonly idleTimeoutMs: number | undefined;
      /** The time without a client; undefined: never, or nothing on the scheduler's machine can tell. */
      readonly noClientTimeoutMs: number | undefined;
      /** When the machines end (`maxLifetimeMs`). */
      readonly expiresAt: Date | undefined;
    }
  | {
      /** A warning. */
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

/** Measures the phases of a start and emits their events. Phases may overlap. */
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

  /** The phases under way, for messages about where a start stopped. */
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
