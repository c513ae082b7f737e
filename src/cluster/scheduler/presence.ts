import { randomUUID } from "node:crypto";

import { sayPresent, touch } from "../../dask/agent/ends.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import { sleep } from "../../wait.ts";

const LONGEST_INTERVAL_MS = 60_000;
const SHORTEST_LEASE_MS = 5000;
const LAST_WORD_TIMEOUT_MS = 3000;

/**
 * Has this process count as a launcher on the scheduler's machine, so that the cluster does not end for want of a client. Does not keep
 * the process alive.
 */
export class Presence {
  readonly #launcher = randomUUID();
  readonly #link: () => AgentLink | undefined;
  readonly #intervalMs: number;
  readonly #ended = new AbortController();
  #loop: Promise<void> | undefined;

  /** @param noClientMs the time without a client that ends the cluster */
  constructor(link: () => AgentLink | undefined, noClientMs: number) {
    this.#link = link;
    this.#intervalMs = Math.min(LONGEST_INTERVAL_MS, noClientMs / 3);
  }

  /** Says it at once, and from then on at intervals. A failure is not told: the scheduler's silence is reported elsewhere. */
  async begin(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    await this.#say();
    this.#loop ??= this.#repeat();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }

  /** Has it count no longer. */
  async leave(): Promise<void> {
    await this.stop();
    const link = this.#link();
    if (link === undefined || this.#loop === undefined) return;
    await sayPresent(link, this.#launcher, 0, { timeoutMs: LAST_WORD_TIMEOUT_MS }).catch(() => undefined);
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await sleep(this.#intervalMs, signal, { ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.#say();
    }
  }

  async #say(): Promise<void> {
    const link = this.#link();
    if (link === undefined) return;
    const leaseMs = Math.max(SHORTEST_LEASE_MS, 2.5 * this.#intervalMs);
    await sayPresent(link, this.#launcher, leaseMs, { signal: this.#ended.signal }).catch(() => undefined);
  }
}

/** Begins idle time anew, where the agent is. Never rejects. */
export async function touchCluster(link: AgentLink | undefined): Promise<void> {
  if (link !== undefined) await touch(link, { timeoutMs: LAST_WORD_TIMEOUT_MS }).catch(() => undefined);
}
