import type { WireReply, WireRequest } from "@dask-fleet/simulated-clouds";

import { sleep } from "../../src/wait.ts";

/** A call that a simulated cloud got. */
export interface Recorded {
  readonly operation: string;
  readonly request: WireRequest;
}

/** Sees a call before its effect; a returned reply replaces the cloud's. */
export type Watch = (recorded: Recorded) => WireReply | undefined;

const NEVER = new Promise<never>(() => undefined);

/** Stands between the wire and a simulated cloud: remembers all requests, and can let the cloud go silent. */
export class Recorder {
  readonly requests: Recorded[] = [];
  readonly #watches: Watch[] = [];
  #change: (reply: WireReply) => WireReply = (reply) => reply;
  #silentAt = Infinity;
  #silentWhen: ((recorded: Recorded) => boolean) | undefined;
  #effect = true;
  #isSilent = false;
  #delayed: { readonly index: number; readonly ms: number; readonly arrived: () => void } | undefined;

  /** Has `watch` called at every request from now on. */
  watch(watch: Watch): void {
    this.#watches.push(watch);
  }

  /** Has what the cloud answers from now on changed on its way. */
  change(change: (reply: WireReply) => WireReply): void {
    this.#change = change;
  }

  /**
   * Lets no reply out from the call of that index on (counted as they arrive, from 0), as if the launcher had died there.
   *
   * @param effect whether that very call still takes effect
   */
  silence(from: number, { effect }: { readonly effect: boolean }): void {
    this.#silentAt = from;
    this.#effect = effect;
  }

  /** The same, from the first call on that `isIt` says. */
  silenceWhen(isIt: (recorded: Recorded) => boolean, { effect }: { readonly effect: boolean }): void {
    this.#silentWhen = isIt;
    this.#effect = effect;
  }

  /**
   * Lets the call of that index take effect only after a while, as happens to those whose caller does not wait any more.
   *
   * @param arrived called when it is there
   */
  delay(index: number, ms: number, arrived: () => void): void {
    this.#delayed = { index, ms, arrived };
  }

  /** Whether a call has gone unanswered. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Answers again. Unanswered calls stay unanswered. */
  speak(): void {
    this.#silentAt = Infinity;
    this.#silentWhen = undefined;
    this.#isSilent = false;
  }

  async answer(recorded: Recorded, cloud: () => Promise<WireReply>): Promise<WireReply> {
    const index = this.requests.push(recorded) - 1;
    if (index < this.#silentAt && this.#silentWhen?.(recorded) === true) this.#silentAt = index;
    if (index >= this.#silentAt) {
      if (index === this.#silentAt && this.#effect) await cloud();
      this.#isSilent = true;
      return await NEVER;
    }
    if (index === this.#delayed?.index) {
      this.#delayed.arrived();
      await sleep(this.#delayed.ms);
    }
    for (const watch of this.#watches) {
      const reply = watch(recorded);
      if (reply !== undefined) return reply;
    }
    return this.#change(await cloud());
  }
}
