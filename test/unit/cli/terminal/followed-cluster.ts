import { type Paint, plain } from "../../../../src/cli/terminal/paint.ts";
import { type Follower, followInLines } from "../../../../src/cli/terminal/progress/follower.ts";
import { LiveFollower } from "../../../../src/cli/terminal/progress/live-follower.ts";
import type { ProgressEvent } from "../../../../src/index.ts";
import { EmulatedScreen } from "../../../support/screen.ts";

/** Time that passes when a test says so. */
class TestClock {
  #ms = 0;
  readonly #timers = new Set<{ readonly ms: number; readonly work: () => void; at: number }>();

  readonly now = (): number => this.#ms;

  readonly every = (ms: number, work: () => void): (() => void) => {
    const timer = { ms, work, at: this.#ms + ms };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** The timers that run. */
  get size(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    const until = this.#ms + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#ms = next.at;
      next.at += next.ms;
      next.work();
    }
    this.#ms = until;
  }
}

/** A cluster whose events a test makes, and what a follower shows of them. */
export class FollowedCluster {
  readonly name: string;
  readonly clock = new TestClock();
  readonly screen: EmulatedScreen;
  readonly lines: string[] = [];
  /** Whether the terminal belongs to this process. */
  isOurs = true;
  #hear: (event: ProgressEvent) => void = () => undefined;
  #change: (change: "resized" | "continued") => void = () => undefined;

  constructor({ name = "demo", columns = 80, rows = 24 } = {}) {
    this.name = name;
    this.screen = new EmulatedScreen(columns, rows);
  }

  readonly onProgress = (hear: (event: ProgressEvent) => void): (() => void) => {
    this.#hear = hear;
    return () => (this.#hear = () => undefined);
  };

  live(paint: Paint = plain): Follower {
    const { screen } = this;
    const own = {
      get columns() {
        return screen.columns;
      },
      get rows() {
        return screen.rows;
      },
      write: screen.write,
      isOurs: () => this.isOurs,
      onChange: (change: (change: "resized" | "continued") => void) => {
        this.#change = change;
        return () => (this.#change = () => undefined);
      },
    };
    return new LiveFollower(this, { screen: own, paint, clock: this.clock });
  }

  inLines(): Follower {
    return followInLines(this, { tell: (line) => this.lines.push(line), clock: this.clock });
  }

  /** Something happens, after so many seconds. */
  after(seconds: number, ...events: readonly ProgressEvent[]): void {
    this.clock.pass(seconds * 1000);
    for (const event of events) this.#hear(event);
  }

  changed(change: "resized" | "continued"): void {
    this.#change(change);
  }
}

type Phase = Extract<ProgressEvent, { type: "phase-started" }>["phase"];

export const begins = (phase: Phase): ProgressEvent => ({ type: "phase-started", phase });
export const ends = (phase: Phase, seconds: number): ProgressEvent => ({
  type: "phase-finished",
  phase,
  durationMs: seconds * 1000,
});
export const state = (to: Extract<ProgressEvent, { type: "state" }>["state"]): ProgressEvent => ({
  type: "state",
  state: to,
});
export const target = (workers: number, group = "default"): ProgressEvent => ({
  type: "target",
  workers,
  group,
  reason: "scale",
});
export const machine = (
  id: string,
  change: Extract<ProgressEvent, { type: "machine" }>["change"],
  group = "default",
): ProgressEvent => ({ type: "machine", id, change, group });
export const prints = (id: string, line: string): ProgressEvent => ({ type: "console", id, line });

/** A start up to the boot: the scheduler's machine and four workers' were asked for, in two seconds. */
export function booting(cluster: FollowedCluster): void {
  cluster.after(0, state("starting"), begins("certificates"));
  cluster.after(0.2, ends("certificates", 0.2), begins("prepare"));
  cluster.after(1, ends("prepare", 1), begins("scheduler machine"));
  cluster.after(0.8, { type: "scheduler", change: "created", id: "i-sched" }, ends("scheduler machine", 0.8));
  cluster.after(0, target(4), begins("worker machines"), begins("scheduler up"));
  cluster.after(1, ...["i-1", "i-2", "i-3"].map((id) => machine(id, "created")), ends("worker machines", 1));
}
