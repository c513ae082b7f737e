import { messageOf } from "../../errors.ts";
import type { ClusterManager, Dashboard, LogEntry } from "../../index.ts";
import type { ProgressEvent } from "../../progress.ts";
import type { Outbox } from "./outbox.ts";
import type { RequestId } from "./parse-request.ts";
import type { RpcProvider } from "./providers.ts";
import { isIncomplete } from "./rpc-error.ts";
import { type WireEvent, wireShape } from "./wire.ts";

/** What is still known of a cluster whose handle is over. */
export interface Ended {
  readonly cluster: string;
  readonly name: string;
  readonly id: string | undefined;
  readonly provider: string;
  readonly state: string;
  readonly closed_because: string | undefined;
}

/** A line of a node's log. */
export interface LogLine extends LogEntry {
  /** `scheduler`, or the worker's name. */
  readonly node: string;
}

export interface HandleParts {
  /** Such as `c1`. */
  readonly key: string;
  readonly cluster: ClusterManager;
  readonly provider: RpcProvider;
  readonly outbox: Outbox;
  /** Whether the end of the client closes it. */
  readonly closesWithClient: boolean;
  readonly onEnded: (ended: Ended) => void;
}

/** A cluster of this process, as its client sees it: by a key, and by events that have numbers. */
export class Handle {
  readonly key: string;
  readonly cluster: ClusterManager;
  readonly provider: RpcProvider;
  readonly closesWithClient: boolean;
  /** What is left of its logs, by the name of the next page. */
  readonly pages = new Map<string, readonly LogLine[]>();
  readonly #parts: HandleParts;
  readonly #dashboards = new Map<number, Promise<Dashboard>>();
  readonly #stopListening: () => void;
  /** The request that is starting it. */
  #request: RequestId | undefined;
  #seq = 0;
  #isClosing = false;
  #isDetaching = false;
  #isOver = false;

  constructor(parts: HandleParts) {
    this.#parts = parts;
    this.key = parts.key;
    this.cluster = parts.cluster;
    this.provider = parts.provider;
    this.closesWithClient = parts.closesWithClient;
    this.#stopListening = parts.cluster.onProgress((event) => this.#hear(event));
  }

  /** Whether nothing can be done with it any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Starts the cluster; the events of that name the request. What a failed start has left can still be closed. */
  async start(request: RequestId | undefined, signal: AbortSignal): Promise<void> {
    this.#request = request;
    try {
      await this.cluster.start({ signal });
    } catch (error) {
      if (!this.#isClosing && !isIncomplete(error)) this.end("failed");
      throw error;
    } finally {
      this.#request = undefined;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    try {
      await this.cluster.close();
    } finally {
      this.#isClosing = false;
    }
  }

  /** Ends the handle, and leaves the cluster running. */
  async detach(): Promise<void> {
    this.#isDetaching = true;
    try {
      await this.cluster.detach();
    } finally {
      this.#isDetaching = false;
    }
    if (this.#isOver) return;
    this.tell({ type: "state", state: "detached" });
    this.end("detached");
  }

  /** The dashboard at a port of the loopback: once asked for, it stays open. */
  async dashboard(port: number): Promise<Dashboard> {
    const open = this.#dashboards.get(port) ?? this.cluster.dashboard({ port });
    this.#dashboards.set(port, open);
    try {
      return await open;
    } catch (error) {
      this.#dashboards.delete(port);
      throw error;
    }
  }

  /** Work that nobody waits for: its failure is a warning. */
  unawaited(work: Promise<void>): void {
    work.catch((error: unknown) => this.tell({ type: "warning", message: messageOf(error) }));
  }

  tell(event: WireEvent): void {
    if (this.#isOver) return;
    this.#seq += 1;
    const numbered = { cluster: this.key, seq: this.#seq };
    const { closedBecause } = this.cluster;
    const because = event.type === "state" && event.state === "closed" ? { closed_because: closedBecause } : {};
    const message = { event: "progress", request: this.#request, ...numbered, ...wireShape(event), ...because };
    this.#parts.outbox.event(message, { ...numbered, isKept: event.type === "state" });
  }

  /** Nothing follows. */
  end(state: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopListening();
    const { key, cluster, provider } = this;
    const { name, id, closedBecause } = cluster;
    this.#parts.onEnded({
      cluster: key,
      name,
      id,
      provider: provider.command,
      state,
      closed_because: closedBecause,
    });
  }

  #hear(event: ProgressEvent): void {
    // A handle that is given up "closes", and the cluster does not; unless it ended by itself just then.
    const isOfHandle = this.#isDetaching && event.type === "state" && this.cluster.closedBecause === undefined;
    if (isOfHandle && event.state !== "failed") return;
    this.tell(event);
    if (event.type === "state" && event.state === "closed") this.end("closed");
  }
}
