import { installAgent } from "../../dask/agent/install.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import type { AgentSettings } from "../../dask/agent/settings.ts";
import { isUnreachable } from "../../dask/dask-errors.ts";
import type { ClusterEnds } from "../../ends.ts";
import { messageOf } from "../../errors.ts";
import { printableText } from "../../text/printable.ts";
import { withoutAgentInWords } from "../ends.ts";
import { Presence, touchCluster } from "./presence.ts";

export interface AgentDeliveryOptions {
  /** Undefined while there is no connection. */
  readonly link: () => AgentLink | undefined;
  readonly settings: AgentSettings;
  /** What ends the cluster by itself, where the agent is. */
  readonly ends: ClusterEnds;
  readonly warn: (message: string) => void;
}

const ABSENT = "The agent does not run on the scheduler.";

/** Brings the agent to the scheduler: at the connection, and again to a scheduler that was restarted. One delivery at a time. */
export class AgentDelivery {
  readonly #options: AgentDeliveryOptions;
  readonly #ended = new AbortController();
  readonly #warned = new Set<string>();
  #delivery: Promise<void> | undefined;
  readonly #presence: Presence | undefined;
  #isThere = false;
  #failed: ReadonlySet<string> = new Set();

  constructor(options: AgentDeliveryOptions) {
    this.#options = options;
    const { link, ends } = options;
    if (ends.noClientMs !== undefined) this.#presence = new Presence(link, ends.noClientMs);
  }

  /** What ends the cluster by itself, as far as the scheduler's machine can tell. */
  get ends(): ClusterEnds {
    const { ends } = this.#options;
    return this.has("ends") ? ends : { ...ends, noClientMs: undefined };
  }

  /** Whether the scheduler has an agent with this part. */
  has(part: string): boolean {
    return this.#isThere && !this.#failed.has(part);
  }

  /** Somebody uses the cluster: its idle time begins anew. Never rejects. */
  async touch(): Promise<void> {
    if (this.has("ends")) await touchCluster(this.#options.link());
  }

  /** Whether the scheduler has an agent. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Never rejects: a cluster works without the agent, and a warning says what is missing. */
  async deliver(): Promise<void> {
    this.#delivery ??= this.#deliver().finally(() => (this.#delivery = undefined));
    await this.#delivery;
  }

  /** Stops a delivery under way. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all([this.#delivery, this.#presence?.stop()]);
  }

  /** Stops, and has this process count as a launcher no longer. */
  async leave(): Promise<void> {
    await this.stop();
    await this.#presence?.leave();
  }

  async #deliver(): Promise<void> {
    const { link, settings } = this.#options;
    const scheduler = link();
    if (scheduler === undefined) return;
    try {
      const agent = await installAgent(scheduler, settings, { signal: this.#ended.signal });
      this.#isThere = agent !== undefined;
      this.#failed = new Set(Object.keys(agent?.failed ?? {}));
      if (agent === undefined) this.#warn(`${ABSENT} It did not load dask-fleet's preload: its log says why.`);
      for (const [part, reason] of Object.entries(agent?.failed ?? {})) {
        this.#warn(`The agent's part ${part} failed to start on the scheduler: ${reason}.`);
      }
      if (this.has("ends")) await this.#presence?.begin();
    } catch (error) {
      // An unreachable scheduler is reported elsewhere, and gets the agent when it is back.
      if (!this.#ended.signal.aborted && !isUnreachable(error)) this.#warn(`${ABSENT} ${messageOf(error)}`);
    }
  }

  /** Each reason once. */
  #warn(reason: string): void {
    if (this.#warned.has(reason)) return;
    this.#warned.add(reason);
    const missing = this.has("ends") ? "" : withoutAgentInWords(this.#options.ends);
    const message = `${reason} The cluster works, with slower polling and without what needs the agent.${missing}`;
    this.#options.warn(printableText(message));
  }
}
