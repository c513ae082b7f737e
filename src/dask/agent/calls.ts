import { violation } from "../dask-errors.ts";
import type { Field, FieldMap } from "../fields.ts";
import type { AskOptions } from "./link.ts";

/** The longest piece of a request or answer, in bytes (`templates/agent/calls_store.py`). */
export const PIECE_BYTES: number = 4 * 1024 * 1024;
/** The largest argument or archive that the agent takes. */
export const MOST_SENT_BYTES: number = 2 * 1024 * 1024 * 1024;

/** One Dask task. */
export interface CallTask {
  /** Rises within a session, so that a repeated submission is recognized. */
  readonly number: number;
  /** As in `module:function`. */
  readonly function: string;
  /** The arguments, or the name under which they were {@link CallOperations.put}. */
  readonly payload: Uint8Array | { readonly name: string };
  /** The code's SHA-256. Default: what was uploaded last. */
  readonly code: string | undefined;
}

/** What the tasks of one submission have in common. */
export interface TaskPlacement {
  /** What a worker must have, such as `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
}

/** How many workers and threads the cluster has now. */
export interface ClusterSize {
  readonly workers: number;
  readonly threads: number;
}

/** How a task ended. A `large` result is on its worker, to be {@link CallOperations.fetch}ed. */
export type TaskEnd =
  | { readonly kind: "value"; readonly data: Uint8Array }
  | { readonly kind: "large" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "error"; readonly type: string; readonly message: string };

/** How far a task had come when it was cancelled: `running`, `waiting`, `unrunnable`, `done`, `unknown`. */
export type TaskState = string;

/** The scheduler does not know the session (any more), or lost what was uploaded: it restarted, or heard nothing for a lease. */
export const LOST = Symbol("lost");
export type OrLost<T> = T | typeof LOST;

/** Sends one request of a session. */
export type AskCalls = (request: { readonly op: string }, options?: AskOptions) => Promise<Field>;

const SLACK_MS = 30_000;

/**
 * The agent's operations for calls and maps (`templates/agent/calls.py`). All are idempotent. Answers are read as foreign.
 *
 * @throws DaskFleetError as {@link AgentLink.ask}
 */
export class CallOperations {
  readonly #ask: AskCalls;
  readonly #session: string;

  /** @param session 16 hexadecimal digits */
  constructor(ask: AskCalls, session: string) {
    this.#ask = ask;
    this.#session = session;
  }

  /** @param leaseSeconds after this time without a request the session's tasks are released */
  async open(leaseSeconds: number, options?: AskOptions): Promise<ClusterSize> {
    return sizeOf((await this.#asked("open", { lease: leaseSeconds }, options)).map());
  }

  async submit(tasks: readonly CallTask[], { resources }: TaskPlacement): Promise<OrLost<ClusterSize>> {
    const entries = tasks.map(({ number, function: name, payload, code }) => {
      const sent = "name" in payload ? payload.name : null;
      return [number, name, sent === null ? payload : null, sent, code ?? null];
    });
    return orLost(await this.#asked("submit", { tasks: entries, resources }), sizeOf);
  }

  /** Waits until tasks end; each is told again until it is acknowledged. */
  async next(
    acknowledged: readonly number[],
    waitSeconds: number,
    signal?: AbortSignal,
  ): Promise<OrLost<{ readonly size: ClusterSize; readonly ends: ReadonlyMap<number, TaskEnd> }>> {
    const timeoutMs = waitSeconds * 1000 + SLACK_MS;
    const answer = await this.#asked("next", { acknowledged, wait: waitSeconds }, { timeoutMs, signal });
    return orLost(answer, (map) => ({
      size: sizeOf(map),
      ends: new Map(
        map
          .get("ends")
          .list()
          .map((end) => endOf(end.triple())),
      ),
    }));
  }

  /** A piece of a large result. Undefined while no worker has it: Dask computes it again. */
  async fetch(
    task: number,
    offset: number,
    length: number,
    options?: AskOptions,
  ): Promise<OrLost<{ readonly total: number; readonly data: Uint8Array } | undefined>> {
    return orLost(await this.#asked("fetch", { task, offset, length }, options), (map) =>
      map.has("gone") ? undefined : { total: map.get("total").number(), data: map.get("data").bytes() },
    );
  }

  /** Forgets tasks. A thread that runs one goes on until its function returns; a batch begins no further input. */
  async cancel(tasks: readonly number[]): Promise<OrLost<ReadonlyMap<number, TaskState>>> {
    return orLost(await this.#asked("cancel", { tasks }), (map) => {
      const states = map
        .get("states")
        .list()
        .map((state) => state.list());
      return new Map(states.map(([number, state]) => [number?.number() ?? 0, state?.text() ?? "unknown"]));
    });
  }

  async close(options?: AskOptions): Promise<void> {
    await this.#asked("close", {}, options);
  }

  /**
   * Sends the piece at `offset` of something larger: `code-<SHA-256>` or `args-<session>-<number>`. Returns the number of bytes that are
   * there, from which to go on.
   */
  async put(
    name: string,
    offset: number,
    size: number,
    data: Uint8Array,
    options?: AskOptions,
  ): Promise<OrLost<number>> {
    const answer = await this.#ask(
      { op: "fleet_calls_put", name, offset, size, data } as { readonly op: string },
      options,
    );
    return orLost(answer, (map) => map.get("have").number());
  }

  /** Makes uploaded code that of calls that name none. */
  async use(code: string, options?: AskOptions): Promise<OrLost<true>> {
    return orLost(await this.#asked("use", { code }, options, false), () => true);
  }

  async #asked(name: string, args: object, options?: AskOptions, ofSession = true): Promise<Field> {
    const session = ofSession ? { session: this.#session } : {};
    return await this.#ask({ op: `fleet_calls_${name}`, ...session, ...args }, options);
  }
}

function orLost<T>(answer: Field, read: (map: FieldMap) => T): OrLost<T> {
  const map = answer.map();
  return map.has("lost") ? LOST : read(map);
}

function sizeOf(map: FieldMap): ClusterSize {
  return { workers: map.get("workers").number(), threads: map.get("threads").number() };
}

function endOf([number, kind, what]: readonly [Field, Field, Field]): [number, TaskEnd] {
  return [number.number(), endOfKind(kind.text(), what)];
}

function endOfKind(kind: string, what: Field): TaskEnd {
  switch (kind) {
    case "value":
      return { kind, data: what.bytes() };
    case "large":
    case "cancelled":
      return { kind };
    case "error":
      return { kind, type: what.map().get("type").text(), message: what.map().get("message").text() };
    default:
      throw violation("A task of a call ended in an unknown way");
  }
}
