import type { Request } from "../comm/comm.ts";
import type { Field } from "../fields.ts";

export interface AskOptions {
  /** Time for the whole call, a reconnection included. @default the client's time-out */
  readonly timeoutMs?: number | undefined;
  /** Ends the call early: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the wait for the answer keeps the process alive; only comms of {@link AgentLink.open} can do without. @default true */
  readonly ref?: boolean | undefined;
}

/** A comm for one user, such as a long poll. */
export interface AgentComm extends AsyncDisposable {
  /** As {@link AgentLink.ask}, without reconnection. One request at a time. */
  ask(request: Request, options?: AskOptions): Promise<Field>;
  /** Drops the comm; a request under way is rejected. Never rejects. */
  close(): Promise<void>;
}

/** How the launcher speaks with the agent (`templates/agent`), by operations named `fleet_…`. */
export interface AgentLink {
  /**
   * One quick question. It may be sent twice, so operations are idempotent.
   *
   * @throws DaskFleetError as {@link SchedulerClient}'s methods
   */
  ask(request: Request, options?: AskOptions): Promise<Field>;
  /** Opens a comm of its own. */
  open(options?: AskOptions): Promise<AgentComm>;
}
