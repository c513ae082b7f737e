import { randomBytes } from "node:crypto";

import { type CallTask, CallOperations, type ClusterSize, LOST, type TaskEnd } from "../../dask/agent/calls.ts";
import type { AgentLink } from "../../dask/agent/link.ts";
import { LargeValues } from "./large-values.ts";
import { SteadyComm } from "./steady-comm.ts";

/** Without a request for so long, the scheduler releases our tasks. */
export const LEASE_SECONDS = 60;
const WAIT_SECONDS = 20;
/** A session without tasks is closed after this time. */
const IDLE_MS = 30_000;
/** What no poll acknowledges is acknowledged after this time. */
const FLUSH_MS = 100;
const CLOSE_MS = 2000;
/** How often a task is submitted again that somebody cancelled, or whose scheduler restarted. */
const MOST_RESTARTS = 3;
/** Bounds of one submission. */
const MOST_TASKS = 500;
const MOST_BYTES = 3 * 1024 * 1024;
/** Larger arguments are sent beforehand, in pieces. */
const MOST_INLINE = 1024 * 1024;

/** A task to run. */
export interface SessionTask {
  readonly function: string;
  /** Its arguments, in parts. */
  readonly payload: readonly Uint8Array[];
  readonly resources: Readonly<Record<string, number>> | undefined;
}

/** How a task ended: the bytes of its result, or why there is none. */
export type SessionEnd = { readonly data: Uint8Array } | { readonly type: string; readonly message: string };

interface Waiting {
  readonly task: SessionTask;
  readonly bytes: number;
  readonly resolve: (end: SessionEnd) => void;
  readonly reject: (error: unknown) => void;
  /** Undefined until it is submitted. */
  number: number | undefined;
  /** Large arguments that were sent beforehand. */
  sent: { readonly name: string; readonly session: string } | undefined;
  restarts: number;
}

export interface SessionOptions {
  /** The present connection to the scheduler. */
  readonly link: () => AgentLink;
  /** The SHA-256 of the code for tasks, if this process uploaded any. */
  readonly code: () => string | undefined;
  /** Uploads that code again, to a scheduler that has lost it. */
  readonly restoreCode: () => Promise<void>;
  readonly leaseSeconds?: number | undefined;
}

/**
 * The tasks of this process on the scheduler. Submissions and one long poll have a comm each; both repeat what a lost comm swallowed. A
 * session that the scheduler has lost is opened again, and its tasks run again: at least once, in all.
 */
export class CallSession {
  readonly #options: SessionOptions;
  readonly #closed = new AbortController();
  readonly #submitting: SteadyComm;
  readonly #polling: SteadyComm;
  readonly #large: LargeValues;
  /** All that have not ended. */
  readonly #open = new Set<Waiting>();
  readonly #queue: Waiting[] = [];
  readonly #submitted = new Map<number, Waiting>();
  #acknowledged: number[] = [];
  #id: string | undefined;
  #opening: Promise<void> | undefined;
  #number = 0;
  #sends = 0;
  #isSubmitting = false;
  #isPolling = false;
  #idle: NodeJS.Timeout | undefined;
  #flush: NodeJS.Timeout | undefined;
  #size: ClusterSize = { workers: 0, threads: 0 };

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#submitting = new SteadyComm(options.link, this.#closed.signal);
    this.#polling = new SteadyComm(options.link, this.#closed.signal);
    this.#large = new LargeValues(options.link, this.#closed.signal);
  }

  /** The workers and threads of the cluster, as the last answer told. */
  get size(): ClusterSize {
    return this.#size;
  }

  /** Opens the session on the scheduler, unless it is open. */
  async open(signal?: AbortSignal): Promise<void> {
    if (this.#id !== undefined) return;
    this.#opening ??= this.#begin().finally(() => (this.#opening = undefined));
    await this.#opening;
    signal?.throwIfAborted();
  }

  /**
   * Runs a task to its end.
   *
   * @param signal cancels the task, and the call rejects with the signal's reason
   */
  async run(task: SessionTask, signal?: AbortSignal): Promise<SessionEnd> {
    signal?.throwIfAborted();
    if (this.#closed.signal.aborted) throw this.#closed.signal.reason;
    const bytes = task.payload.reduce((total, part) => total + part.byteLength, 0);
    let stopWatching = (): void => undefined;
    const ended = new Promise<SessionEnd>((resolve, reject) => {
      const entry = { task, bytes, resolve, reject, number: undefined, sent: undefined, restarts: 0 };
      const abort = (): void => this.#cancel(entry, signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      stopWatching = () => signal?.removeEventListener("abort", abort);
      this.#open.add(entry);
      this.#enqueue(entry);
    });
    try {
      return await ended;
    } finally {
      stopWatching();
    }
  }

  /** How far the tasks of this session have come, in words; for time-outs. */
  describe(): string {
    const { workers } = this.#size;
    return workers === 0 ? "the cluster has no workers" : `the cluster has ${workers} workers`;
  }

  /** Cancels all tasks: they reject with the reason. Never rejects. */
  async close(reason: unknown): Promise<void> {
    clearTimeout(this.#idle);
    clearTimeout(this.#flush);
    const session = this.#id;
    this.#id = undefined;
    this.#fail(reason);
    // The scheduler's lease frees what this does not reach.
    const options = { timeoutMs: CLOSE_MS, signal: AbortSignal.timeout(CLOSE_MS) };
    if (session !== undefined) {
      await new CallOperations(this.#submitting.ask, session).close(options).catch(() => undefined);
    }
    this.#closed.abort(reason);
    await Promise.all([this.#submitting.close(), this.#polling.close(), this.#large.close()]);
  }

  async #begin(): Promise<void> {
    const id = randomBytes(8).toString("hex");
    const { leaseSeconds = LEASE_SECONDS } = this.#options;
    this.#size = await new CallOperations(this.#submitting.ask, id).open(leaseSeconds);
    this.#id = id;
  }

  #enqueue(entry: Waiting): void {
    if (entry.bytes <= MOST_INLINE) {
      this.#queue.push(entry);
      this.#work();
      return;
    }
    void this.#sendAhead(entry).catch((error: unknown) => this.#settle(entry, () => entry.reject(error)));
  }

  /** Sends large arguments in pieces, beside the submissions. */
  async #sendAhead(entry: Waiting): Promise<void> {
    await this.open();
    const session = this.#id;
    if (session === undefined) return this.#enqueue(entry);
    const name = `args-${session}-${++this.#sends}`;
    const isThere = await this.#large.send(name, entry.task.payload, () => !this.#open.has(entry));
    if (!this.#open.has(entry)) return;
    if (isThere) {
      entry.sent = { name, session };
      this.#queue.push(entry);
      this.#work();
    } else {
      await this.#restart(session);
      this.#again(entry);
    }
  }

  /** Starts what is not running: a submission, the poll, or the clock of an idle session. */
  #work(): void {
    clearTimeout(this.#idle);
    if (this.#queue.length > 0 && !this.#isSubmitting) {
      this.#isSubmitting = true;
      void this.#submitAll()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#isSubmitting = false;
          this.#work();
        });
    }
    if (this.#submitted.size > 0 && !this.#isPolling) {
      clearTimeout(this.#flush);
      this.#isPolling = true;
      void this.#poll()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#isPolling = false;
          this.#work();
        });
    }
    if (this.#isPolling || this.#isSubmitting || this.#id === undefined) return;
    if (this.#acknowledged.length > 0) {
      clearTimeout(this.#flush);
      this.#flush = setTimeout(() => void this.#acknowledgeNow().catch(() => undefined), FLUSH_MS).unref();
    }
    if (this.#open.size === 0) {
      this.#idle = setTimeout(() => void this.#rest().catch(() => undefined), IDLE_MS).unref();
    }
  }

  async #submitAll(): Promise<void> {
    // What is asked for in one turn of the event loop goes in one submission.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.open();
      const session = this.#id;
      if (session === undefined) continue;
      const batch = this.#nextBatch(session);
      if (batch.length === 0) continue;
      const tasks = batch.map((entry) => this.#numbered(entry));
      // The poll is there when the first result is.
      this.#work();
      const operations = new CallOperations(this.#submitting.ask, session);
      const answer = await operations.submit(tasks, { resources: batch[0]?.task.resources });
      if (answer === LOST) await this.#restart(session);
      else this.#size = answer;
    }
  }

  /** The next tasks that fit into one request, and have the same placement. */
  #nextBatch(session: string): Waiting[] {
    const [first] = this.#queue;
    let [count, bytes] = [0, 0];
    for (const { task, bytes: more, sent } of this.#queue) {
      const inline = sent === undefined ? more : 0;
      if (count > 0 && (bytes + inline > MOST_BYTES || task.resources !== first?.task.resources)) break;
      bytes += inline;
      count += 1;
      if (count === MOST_TASKS) break;
    }
    return this.#queue.splice(0, count).filter((entry) => {
      const isHere = entry.sent === undefined || entry.sent.session === session;
      // Sent to a session that is gone.
      if (!isHere) this.#again(entry);
      return isHere;
    });
  }

  #numbered(entry: Waiting): CallTask {
    const number = ++this.#number;
    entry.number = number;
    this.#submitted.set(number, entry);
    const { task, bytes, sent } = entry;
    const payload = sent === undefined ? Buffer.concat(task.payload, bytes) : { name: sent.name };
    return { number, function: task.function, code: this.#options.code(), payload };
  }

  async #poll(): Promise<void> {
    while (this.#submitted.size > 0) {
      await this.open();
      const session = this.#id;
      if (session === undefined) continue;
      const acknowledged = this.#acknowledged;
      this.#acknowledged = [];
      const answer = await new CallOperations(this.#polling.ask, session).next(acknowledged, WAIT_SECONDS);
      if (answer === LOST) {
        await this.#restart(session);
        continue;
      }
      this.#size = answer.size;
      for (const [number, end] of answer.ends) this.#end(number, end);
    }
  }

  #end(number: number, end: TaskEnd): void {
    const entry = this.#submitted.get(number);
    if (entry === undefined) {
      // Told twice, or of a session before.
      this.#acknowledge(number);
      return;
    }
    switch (end.kind) {
      case "value":
        this.#settle(entry, () => entry.resolve({ data: end.data }));
        return;
      case "error":
        this.#settle(entry, () => entry.resolve({ type: end.type, message: end.message }));
        return;
      case "cancelled":
        this.#acknowledge(number);
        this.#submitted.delete(number);
        this.#again(entry);
        return;
      case "large":
        this.#submitted.delete(number);
        void this.#fetch(entry, number);
    }
  }

  /** A large result stays where it is until it is here as a whole. */
  async #fetch(entry: Waiting, number: number): Promise<void> {
    const session = this.#id ?? "";
    try {
      const data = await this.#large.fetch(session, number, () => !this.#open.has(entry));
      if (data === LOST) this.#again(entry);
      else this.#settle(entry, () => entry.resolve({ data }));
    } catch (error) {
      this.#settle(entry, () => entry.reject(error));
    }
  }

  #settle(entry: Waiting, tell: () => void): void {
    if (entry.number !== undefined) {
      this.#submitted.delete(entry.number);
      this.#acknowledge(entry.number);
    }
    if (this.#open.delete(entry)) tell();
    this.#work();
  }

  #acknowledge(number: number): void {
    this.#acknowledged.push(number);
  }

  /** Submits a task once more that was lost. */
  #again(entry: Waiting): void {
    if (!this.#open.has(entry)) return;
    entry.number = undefined;
    entry.sent = undefined;
    entry.restarts += 1;
    if (entry.restarts <= MOST_RESTARTS) {
      this.#enqueue(entry);
      return;
    }
    const message =
      `It was cancelled ${entry.restarts} times on the scheduler, as by client.restart() or client.cancel() of another ` +
      "client, or the scheduler restarted each time.";
    this.#settle(entry, () => entry.resolve({ type: "CancelledError", message }));
  }

  /** Opens a new session in place of one that the scheduler has lost, and submits its tasks again. */
  async #restart(session: string | undefined): Promise<void> {
    if (session !== this.#id || session === undefined) return;
    const before = new CallOperations(this.#submitting.ask, session);
    this.#id = undefined;
    const lost = [...this.#submitted.values()];
    this.#submitted.clear();
    this.#acknowledged = [];
    await this.#options.restoreCode();
    await this.open();
    // It may be there, without something that was uploaded.
    void before.close().catch(() => undefined);
    for (const entry of lost) this.#again(entry);
  }

  #cancel(entry: Waiting, reason: unknown): void {
    if (!this.#open.delete(entry)) return;
    entry.reject(reason);
    const waiting = this.#queue.indexOf(entry);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    const [session, { number }] = [this.#id, entry];
    if (number === undefined || session === undefined) {
      this.#work();
      return;
    }
    this.#submitted.delete(number);
    void new CallOperations(this.#submitting.ask, session)
      .cancel([number])
      .catch(() => undefined)
      .finally(() => this.#work());
  }

  async #acknowledgeNow(): Promise<void> {
    const session = this.#id;
    if (session === undefined || this.#isPolling) return;
    const acknowledged = this.#acknowledged;
    this.#acknowledged = [];
    await new CallOperations(this.#polling.ask, session).next(acknowledged, 0);
  }

  async #rest(): Promise<void> {
    const session = this.#id;
    if (this.#open.size > 0 || session === undefined) return;
    this.#id = undefined;
    await new CallOperations(this.#submitting.ask, session).close();
    await Promise.all([this.#submitting.close(), this.#polling.close(), this.#large.close()]);
  }

  #fail(error: unknown): void {
    const all = [...this.#open];
    this.#open.clear();
    this.#queue.length = 0;
    this.#submitted.clear();
    for (const entry of all) entry.reject(error);
  }
}
