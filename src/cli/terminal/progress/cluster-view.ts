import type { ClusterState, Phase, ProgressEvent } from "../../../index.ts";

/** A phase of the start. */
export interface SeenPhase {
  readonly phase: Phase;
  readonly beganAt: number;
  /** Undefined while it is under way. */
  readonly durationMs: number | undefined;
}

/** A machine that has not joined. `pending`: created; `booting`: the cloud runs it; `up`: a worker machine has joined. */
export interface SeenMachine {
  readonly id: string;
  /** Undefined for the scheduler's. */
  readonly group: string | undefined;
  readonly state: "pending" | "booting" | "up";
  /** When it was created. */
  readonly since: number;
  /** Its console's last line. */
  readonly line: string | undefined;
}

/** What a cluster does, as a person sees it. */
export type Doing = ClusterState | "rolling back" | "scaling";

/** What a cluster's events have told so far. */
export class ClusterView {
  readonly name: string;
  readonly #now: () => number;
  #doing: Doing = "new";
  #since: number;
  #usualMs: number | undefined;
  #ends: string | undefined;
  readonly #phases = new Map<Phase, SeenPhase>();
  readonly #targets = new Map<string, number>();
  readonly #machines = new Map<string, SeenMachine>();

  /** @param now milliseconds, as `performance.now()` */
  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
    this.#since = now();
  }

  get doing(): Doing {
    return this.#doing;
  }

  /** For how long it has been doing that. */
  get elapsedMs(): number {
    return this.#now() - this.#since;
  }

  /** How long a start takes, if that is known. */
  get usualMs(): number | undefined {
    return this.#usualMs;
  }

  /** When the cluster ends by itself, in words. */
  get ends(): string | undefined {
    return this.#ends;
  }

  /** In the order in which they began. */
  get phases(): readonly SeenPhase[] {
    return [...this.#phases.values()];
  }

  /** The groups and their targets. */
  get targets(): ReadonlyMap<string, number> {
    return this.#targets;
  }

  /** The scheduler's machine and the workers', the oldest first. */
  get machines(): readonly SeenMachine[] {
    return [...this.#machines.values()].toSorted((a, b) => a.since - b.since);
  }

  /** How long a phase has taken up to now. */
  ageOf(since: number): number {
    return this.#now() - since;
  }

  see(event: ProgressEvent): void {
    switch (event.type) {
      case "state":
        this.#become(event.state);
        break;
      case "rollback":
        this.#become("rolling back");
        break;
      case "expected":
        this.#usualMs = event.durationMs;
        break;
      case "phase-started":
        this.#phases.set(event.phase, { phase: event.phase, beganAt: this.#now(), durationMs: undefined });
        break;
      case "phase-finished":
        this.#finish(event.phase, event.durationMs);
        break;
      case "target":
        this.#targets.set(event.group, event.workers);
        if (this.#doing === "running") this.#become("scaling");
        break;
      case "scheduler":
        this.#see(event.id, { group: undefined, state: event.change === "created" ? "pending" : "booting" });
        break;
      case "machine":
        this.#seeMachine(event);
        break;
      case "console":
        this.#see(event.id, { line: event.line });
        break;
      case "ends":
        this.#ends = event.message;
        break;
      case "notice":
      case "trouble":
      case "warning":
    }
  }

  #seeMachine({ id, group, change }: Extract<ProgressEvent, { type: "machine" }>): void {
    if (change === "lost" || change === "retired" || change === "destroyed") this.#machines.delete(id);
    else this.#see(id, { group, state: change === "created" ? "pending" : change === "booted" ? "booting" : "up" });
    if (this.#doing === "scaling" && this.#isWhole) this.#become("running");
  }

  /** Whether no machine is awaited, as far as events tell. */
  get #isWhole(): boolean {
    const workers = this.machines.filter(({ group }) => group !== undefined);
    const wanted = [...this.#targets.values()].reduce((sum, each) => sum + each, 0);
    return workers.every(({ state }) => state === "up") && workers.length >= wanted;
  }

  #see(id: string, news: Partial<SeenMachine>): void {
    const before = this.#machines.get(id);
    // A console's line may come for a machine that is known no more.
    if (before === undefined && news.state === undefined) return;
    const unseen: SeenMachine = { id, group: undefined, state: "pending", since: this.#now(), line: undefined };
    this.#machines.set(id, { ...unseen, ...before, ...news });
  }

  #finish(phase: Phase, durationMs: number): void {
    const beganAt = this.#phases.get(phase)?.beganAt ?? this.#now() - durationMs;
    this.#phases.set(phase, { phase, beganAt, durationMs });
    if (phase !== "scheduler up") return;
    for (const { id, group } of this.#machines.values()) if (group === undefined) this.#see(id, { state: "up" });
  }

  #become(doing: Doing): void {
    if (doing === this.#doing) return;
    this.#doing = doing;
    this.#since = this.#now();
  }
}
