import type { SchedulerIdentity } from "../dask/identity.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import type { Troubles } from "./troubles.ts";

interface Restart {
  /** By the clock of the scheduler's machine. */
  readonly at: Date;
  /** When it was seen, as `performance.now()`. */
  readonly seenAt: number;
}

/** Workers lose the old scheduler before the new one is seen, and their machines end soon after. */
const LOSS_MS = 120_000;
const LAST_WORD_TIMEOUT_MS = 3000;

/** Detects a scheduler that came back empty, such as after an upgrade of Docker: the cluster goes on, results in memory are lost. */
export class SchedulerRestarts {
  readonly #troubles: Troubles;
  readonly #onAnother: () => void;
  #id: string | undefined;
  #last: Restart | undefined;
  #isWhole = true;
  #answeredAt = new Date();

  /** @param onAnother called for each scheduler but the first */
  constructor(troubles: Troubles, onAnother: () => void = () => undefined) {
    this.#troubles = troubles;
    this.#onAnother = onAnother;
  }

  /**
   * Takes in the identity of the scheduler.
   *
   * @param mayLose whether tasks may have existed
   */
  see({ id, started }: Pick<SchedulerIdentity, "id" | "started">, mayLose: boolean): void {
    this.#answeredAt = new Date();
    const isAnother = this.#id !== undefined && this.#id !== id;
    this.#id = id;
    if (isAnother) this.#onAnother();
    if (!isAnother || !mayLose) return;
    this.#last = { at: started, seenAt: performance.now() };
    this.#isWhole = false;
  }

  /** When the scheduler last answered; at first, the time of construction. */
  get answeredAt(): Date {
    return this.#answeredAt;
  }

  /** Whether all workers are back since the last restart. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Reports how many workers have come back, until all have. */
  tell(joined: number, target: number): void {
    if (this.#last === undefined || this.#isWhole) return;
    const workers = `Workers have come back: ${joined} of ${target}.`;
    this.#troubles.tell("scheduler-restart", `${words(this.#last)} ${workers}`);
    if (joined < target) return;
    this.#isWhole = true;
    this.#troubles.over("scheduler-restart");
  }

  /** Whether a restart explains the loss of a machine: workers end with their scheduler. */
  explainsLoss(workedMs: number | undefined): boolean {
    if (this.#last === undefined || workedMs === undefined) return false;
    const agoMs = performance.now() - this.#last.seenAt;
    return agoMs <= LOSS_MS && workedMs >= agoMs;
  }

  /** The restart since a command began, in a sentence; undefined if there was none. */
  since(beganAt: number): string | undefined {
    return this.#last === undefined || this.#last.seenAt < beganAt ? undefined : words(this.#last);
  }

  /** As {@link since}, from the scheduler itself, which is asked for three seconds at most; also that it does not answer. */
  async askedSince(
    beganAt: number,
    client: Pick<SchedulerClient, "identity"> | undefined,
  ): Promise<string | undefined> {
    const known = this.since(beganAt);
    if (known !== undefined || client === undefined) return known;
    const identity = await client.identity({ timeoutMs: LAST_WORD_TIMEOUT_MS }).catch(() => undefined);
    if (identity === undefined) return "The scheduler does not answer.";
    this.see(identity, true);
    return this.since(beganAt);
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
