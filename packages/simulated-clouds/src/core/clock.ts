/** The part of a clock that says what time it is, in simulated milliseconds since 1970. */
export interface TimeSource {
  now(): number;
}

const LONGEST_DELAY = 2 ** 31 - 1;

export interface ClockOptions {
  /** Simulated milliseconds for each real one. @default 1000: a boot of 30 s takes 30 ms */
  readonly speed?: number | undefined;
}

interface Waiting {
  readonly dueAt: number;
  readonly action: () => void;
  readonly disposed: () => void;
  timer?: NodeJS.Timeout;
}

/**
 * The time of a simulated cloud: it starts at the real time and then runs faster. Its timers keep no process alive, and none
 * fires after {@link dispose}.
 */
export class SimClock implements TimeSource {
  readonly speed: number;
  readonly #startedAt = Date.now();
  readonly #realStart = performance.now();
  readonly #waiting = new Set<Waiting>();
  #disposed = false;

  constructor({ speed = 1000 }: ClockOptions = {}) {
    this.speed = speed;
  }

  now(): number {
    return this.#startedAt + (performance.now() - this.#realStart) * this.speed;
  }

  /** Does something after a while of simulated time. Returns what calls it off. */
  after(simMs: number, action: () => void): () => void {
    return this.#schedule(simMs, action, () => undefined);
  }

  /** Resolves after a while of simulated time, or at once when the clock is disposed of. */
  async sleep(simMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#schedule(simMs, resolve, resolve);
    });
  }

  /** Calls off everything that was still to come. */
  dispose(): void {
    this.#disposed = true;
    for (const waiting of this.#waiting) {
      clearTimeout(waiting.timer);
      waiting.disposed();
    }
    this.#waiting.clear();
  }

  #schedule(simMs: number, action: () => void, disposed: () => void): () => void {
    if (this.#disposed) {
      disposed();
      return () => undefined;
    }
    const waiting: Waiting = { dueAt: this.now() + simMs, action, disposed };
    this.#waiting.add(waiting);
    this.#arm(waiting);
    return () => {
      clearTimeout(waiting.timer);
      this.#waiting.delete(waiting);
    };
  }

  /** Node's timers can fire a little early, and count no further than 24 days: then it waits once more. */
  #arm(waiting: Waiting): void {
    const leftMs = (waiting.dueAt - this.now()) / this.speed;
    waiting.timer = setTimeout(
      () => {
        if (this.now() < waiting.dueAt) {
          this.#arm(waiting);
          return;
        }
        this.#waiting.delete(waiting);
        waiting.action();
      },
      Math.max(0, Math.min(Math.ceil(leftMs), LONGEST_DELAY)),
    );
    waiting.timer.unref();
  }
}
