import { Bell } from "../../bell.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import { type Membership, MembershipWatcher } from "../../dask/agent/membership-watcher.ts";
import type { AgentEvent } from "../../dask/agent/watch.ts";
import { messageOf } from "../../errors.ts";
import { printableText } from "../../text/printable.ts";

export interface ClusterWatchOptions {
  /** Undefined while there is no connection, or no agent. */
  readonly link: () => AgentLink | undefined;
  /** All workers, as the scheduler itself tells them. */
  readonly look: (signal: AbortSignal) => Promise<Membership>;
  /** How often the scheduler's answer is expected, in milliseconds. */
  readonly intervalMs: number;
  /** Called with each answer. */
  readonly onAnswer: (scheduler: Membership["scheduler"]) => void;
  /** Called when workers joined, left or changed. */
  readonly onChange: () => void;
  readonly warn: (message: string) => void;
}

type Handler = (event: AgentEvent) => void;

/** Longer polls would outlive a firewall's patience, and Dask's operation allows no more. */
const LONGEST_WAIT_MS = 30_000;
/** Answers come before the heartbeat asks by itself. */
const WAIT_FACTOR = 1.5;

/** What the agent tells of a running cluster, from the connection to the end: workers, and events by kind. */
export class ClusterWatch {
  /** Rings when something has changed. */
  readonly bell = new Bell();
  readonly #options: ClusterWatchOptions;
  readonly #handlers = new Map<string, Set<Handler>>();
  #watcher: MembershipWatcher | undefined;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
  }

  /** The workers; undefined while the agent does not tell them. */
  get current(): Membership | undefined {
    return this.#watcher?.current;
  }

  /** Calls the handler with each event of that kind (`agent.tell`). Events may come twice. Returns a function that removes it. */
  on(kind: string, handler: Handler): () => void {
    const handlers = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  begin(): void {
    const { link, look, intervalMs, onAnswer, onChange, warn } = this.#options;
    this.#watcher ??= new MembershipWatcher({
      link,
      look,
      waitMs: Math.min(LONGEST_WAIT_MS, WAIT_FACTOR * intervalMs),
      onAnswer,
      onChange: () => {
        onChange();
        this.bell.ring();
      },
      onEvent: (event) => {
        for (const handler of this.#handlers.get(event.kind) ?? []) this.#guarded(() => handler(event));
        this.bell.ring();
      },
      onUnable: (reason) =>
        warn(
          printableText(
            `The scheduler is asked for its workers again and again, as its agent does not tell them: ${reason}`,
          ),
        ),
    });
  }

  async stop(): Promise<void> {
    await this.#watcher?.stop();
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.warn(`An event of the agent was not handled: ${messageOf(error)}`);
    }
  }
}
