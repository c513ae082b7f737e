import type { AgentLink, AskOptions } from "./link.ts";

/** What the part `ends` is told (`templates/agent/ends.py`). */
export interface EndsSettings {
  /** The time without a client, a launcher and work that ends the cluster. Absent: it does not. */
  readonly noClientSeconds?: number | undefined;
  /** When the machines end by themselves, in seconds since 1970: no deadline is later. */
  readonly expiresAt?: number | undefined;
  /** How long the first workers may take to join; no idle time before. Absent: none are awaited. */
  readonly joinSeconds?: number | undefined;
}

/** The most that a launcher counts without another word. */
const LONGEST_LEASE_MS = 600_000;

/**
 * Has this process count as a launcher for a while; with 0 no longer.
 *
 * @param launcher of its own for each process
 */
export async function sayPresent(
  link: AgentLink,
  launcher: string,
  leaseMs: number,
  options: AskOptions = {},
): Promise<void> {
  const lease = Math.min(LONGEST_LEASE_MS, leaseMs) / 1000;
  await link.ask({ op: "fleet_present", launcher, lease }, options);
}

/** Somebody uses the cluster: its idle time begins anew. */
export async function touch(link: AgentLink, options: AskOptions = {}): Promise<void> {
  await link.ask({ op: "fleet_touch" }, options);
}

/** Moves the deadline; undefined removes it. Returns the one that holds. */
export async function moveDeadline(
  link: AgentLink,
  when: Date | undefined,
  options: AskOptions = {},
): Promise<Date | undefined> {
  const how = when === undefined ? { clear: true } : { at: when.getTime() / 1000 };
  const answer = (await link.ask({ op: "fleet_deadline", ...how }, options)).map();
  return answer.optional("deadline")?.date();
}

/** What counts on the scheduler at present, for people who wonder why a cluster ends, or does not. */
export interface EndsState {
  readonly clients: number;
  readonly launchers: number;
  /** The agent's parts that have work under way. */
  readonly work: readonly string[];
  /** Since when there is no work; undefined while there is. */
  readonly idleMs: number | undefined;
  /** For how long there was no client; undefined where that ends nothing. */
  readonly aloneMs: number | undefined;
  readonly deadline: Date | undefined;
}

export async function endsState(link: AgentLink, options: AskOptions = {}): Promise<EndsState> {
  const answer = (await link.ask({ op: "fleet_ends" }, options)).map();
  const ms = (name: string): number | undefined => {
    const field = answer.optional(name);
    return field === undefined ? undefined : field.number() * 1000;
  };
  return {
    clients: answer.get("clients").number(),
    launchers: answer.get("launchers").number(),
    work: answer
      .get("work")
      .list()
      .map((name) => name.text()),
    idleMs: ms("idle_seconds"),
    aloneMs: ms("alone_seconds"),
    deadline: answer.optional("deadline")?.date(),
  };
}
