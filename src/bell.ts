import { sleep } from "./wait.ts";

/** Wakes those who sleep with an {@link Alarm} of its own. */
export class Bell {
  readonly #alarms = new Set<Alarm>();

  ring(): void {
    for (const alarm of this.#alarms) alarm.ring();
  }

  /** An alarm that this bell rings from now on, until the alarm is ended. */
  alarm(): Alarm {
    const alarm: Alarm = new Alarm(() => this.#alarms.delete(alarm));
    this.#alarms.add(alarm);
    return alarm;
  }
}

/** One sleeper's alarm. A ring while nobody sleeps ends the next sleep at once. */
export class Alarm implements Disposable {
  readonly #end: () => void;
  #hasRung = false;
  #wake: (() => void) | undefined;

  constructor(end: () => void) {
    this.#end = end;
  }

  ring(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  /** Sleeps until the alarm rings, or for `ms` at most. Throws the signal's reason as soon as it is aborted. */
  async sleep(ms: number, signal?: AbortSignal, how: { readonly ref?: boolean } = {}): Promise<void> {
    const woken = new AbortController();
    this.#wake = (): void => woken.abort();
    try {
      if (this.#hasRung) signal?.throwIfAborted();
      else await sleep(ms, signal === undefined ? woken.signal : AbortSignal.any([signal, woken.signal]), how);
    } catch (error) {
      signal?.throwIfAborted();
      if (!woken.signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
      this.#hasRung = false;
    }
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}
