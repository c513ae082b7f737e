import type { Field, FieldMap } from "../fields.ts";
import { type WorkerInfo, parseWorkers } from "../worker-info.ts";
import type { AgentComm, AskOptions } from "./link.ts";

/** An event of the agent: `agent.tell(kind, …)` in `templates/agent`. */
export interface AgentEvent {
  readonly kind: string;
  /** By the clock of the scheduler's machine. */
  readonly at: Date;
  /** What the event carries, unread. */
  readonly content: FieldMap;
}

/** Where a watch begins. */
export interface WatchRequest {
  /** The version of the last answer; 0 for all workers. */
  readonly since: number;
  /** The id of the scheduler that gave it. */
  readonly scheduler: string | undefined;
  /** How long the scheduler may wait for a change, in milliseconds. */
  readonly waitMs: number;
}

/** Changes since a version (`templates/agent/watch.py`). */
export interface WatchAnswer {
  readonly scheduler: { readonly id: string; readonly started: Date };
  readonly version: number;
  /** Whether the answer begins anew: the scheduler is another one, or does not know that version any more. */
  readonly reset: boolean;
  /** Whether there are more changes already. */
  readonly more: boolean;
  /** The number of the scheduler's workers. */
  readonly count: number;
  /** New and changed workers. */
  readonly workers: readonly WorkerInfo[];
  /** Addresses of workers that left. */
  readonly gone: readonly string[];
  readonly events: readonly AgentEvent[];
}

/** Asks for changes, and waits for one if there is none. */
export async function askForChanges(
  comm: Pick<AgentComm, "ask">,
  { since, scheduler, waitMs }: WatchRequest,
  options: AskOptions,
): Promise<WatchAnswer> {
  const request = { op: "fleet_watch", since, wait: waitMs / 1000, scheduler };
  return parseChanges(await comm.ask(request, options));
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
export function parseChanges(answer: Field): WatchAnswer {
  const changes = answer.map();
  return {
    scheduler: { id: changes.get("id").text(), started: changes.get("started").date() },
    version: changes.get("version").number(),
    reset: changes.get("reset").flag(),
    more: changes.get("more").flag(),
    count: changes.get("count").number(),
    workers: parseWorkers(changes.get("workers").map()),
    gone: changes
      .get("gone")
      .list()
      .map((address) => address.text()),
    events: changes
      .get("events")
      .list()
      .map((event) => parseEvent(event.map())),
  };
}

function parseEvent(content: FieldMap): AgentEvent {
  return { kind: content.get("kind").text(), at: content.get("at").date(), content };
}
