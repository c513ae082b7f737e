import type { SchedulerIdentity } from "../dask/identity.ts";
import type { Troubles } from "./troubles.ts";

interface Restart {
  /** As the scheduler's machine has it. */
  readonly at: Date;
  /** When it was seen, as `performance.now()`. */
  readonly seenAt: number;
}

/** Workers have lost the old scheduler before the new one was seen, and their machines are gone soon after that. */
const LOSS_MS = 120_000;

/** A scheduler that came back empty, such as after an upgrade of Docker: the cluster goes on, and what was in memory is lost. */
export class SchedulerRestarts {
  readonly #troubles: Troubles;
  #id: string | undefined;
  #last: Restart | undefined;
  #isWhole = true;
  #answeredAt = new Date();

  constructor(troubles: Troubles) {
    this.#troubles = troubles;
  }

  /**
   * Takes in who answers.
   *
   * @param mayLose whether there can have been tasks
   */
  see({ id, started }: Pick<SchedulerIdentity, "id" | "started">, mayLose: boolean): void {
    this.#answeredAt = new Date();
    const isAnother = this.#id !== undefined && this.#id !== id;
    this.#id = id;
    if (!isAnother || !mayLose) return;
    this.#last = { at: started, seenAt: performance.now() };
    this.#isWhole = false;
  }

  /** When the scheduler has answered last; before that, when this was made. */
  get answeredAt(): Date {
    return this.#answeredAt;
  }

  /** Tells how many workers have come back, until all have. */
  tell(joined: number, target: number): void {
    if (this.#last === undefined || this.#isWhole) return;
    const workers = `Workers have come back: ${joined} of ${target}.`;
    this.#troubles.tell("scheduler-restart", `${words(this.#last)} ${workers}`);
    if (joined < target) return;
    this.#isWhole = true;
    this.#troubles.over("scheduler-restart");
  }

  /** Whether a machine that has worked for so long may be gone because its scheduler was: its workers end with that. */
  explainsLoss(workedMs: number | undefined): boolean {
    if (this.#last === undefined || workedMs === undefined) return false;
    const agoMs = performance.now() - this.#last.seenAt;
    return agoMs <= LOSS_MS && workedMs >= agoMs;
  }

  /** What a command that began then has met, in a sentence; undefined where nothing happened since. */
  since(beganAt: number): string | undefined {
    return this.#last === undefined || this.#last.seenAt < beganAt ? undefined : words(this.#last);
  }

  /** For `describe()`, once the trouble is over. */
  describe(): string {
    return this.#last === undefined || !this.#isWhole
      ? ""
      : `; ${words(this.#last).replace(/^T/u, "t").replace(/\.$/u, "")}`;
  }
}

function words({ at }: Restart): string {
  return `The scheduler was restarted at ${at.toISOString()}: tasks and results in its memory are lost.`;
}
