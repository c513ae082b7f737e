import { installAgent } from "../../dask/agent/install.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import type { AgentSettings } from "../../dask/agent/settings.ts";
import { isUnreachable } from "../../dask/dask-errors.ts";
import { messageOf } from "../../errors.ts";
import { printableText } from "../../text/printable.ts";

export interface AgentDeliveryOptions {
  /** Undefined while there is no connection. */
  readonly link: () => AgentLink | undefined;
  readonly settings: AgentSettings;
  readonly warn: (message: string) => void;
}

/** Brings the agent to the scheduler: at the connection, and again to a scheduler that was restarted. One delivery at a time. */
export class AgentDelivery {
  readonly #options: AgentDeliveryOptions;
  readonly #ended = new AbortController();
  readonly #warned = new Set<string>();
  #delivery: Promise<void> | undefined;
  #isThere = false;

  constructor(options: AgentDeliveryOptions) {
    this.#options = options;
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
    await this.#delivery;
  }

  async #deliver(): Promise<void> {
    const { link, settings } = this.#options;
    const scheduler = link();
    if (scheduler === undefined) return;
    try {
      const agent = await installAgent(scheduler, settings, { signal: this.#ended.signal });
      this.#isThere = agent !== undefined;
      if (agent === undefined) this.#warn("It did not load dask-fleet's preload: its log says why.");
      for (const [part, reason] of Object.entries(agent?.failed ?? {})) this.#warn(`Its part ${part}: ${reason}.`);
    } catch (error) {
      // An unreachable scheduler is reported elsewhere, and gets the agent when it is back.
      if (!this.#ended.signal.aborted && !isUnreachable(error)) this.#warn(messageOf(error));
    }
  }

  /** Each reason once. */
  #warn(reason: string): void {
    if (this.#warned.has(reason)) return;
    this.#warned.add(reason);
    const message = `The agent does not run on the scheduler. ${reason} The cluster works, with slower polling and without what needs the agent.`;
    this.#options.warn(printableText(message));
  }
}
