import { Deadline } from "../deadline.ts";
import type { ClientTls } from "../security/tls-material.ts";
import { readAnswer, throwRemoteError } from "./answer.ts";
import { CommLost } from "./comm/comm-lost.ts";
import type { Request } from "./comm/comm.ts";
import { Connector } from "./comm/connector.ts";
import { ControlComm } from "./comm/control-comm.ts";
import { type Demand, type DemandRequest, parseDemand } from "./demand.ts";
import type { Field } from "./fields.ts";
import { type SchedulerIdentity, parseIdentity } from "./identity.ts";
import { type LogEntry, newestLogs } from "./newest-logs.ts";
import { type ClusterVersions, parseVersions } from "./versions.ts";
import { type WorkerInfo, parseWorkers } from "./worker-info.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const BROADCAST_TIMEOUT_MS = 60_000;
const RETIRE_TIMEOUT_MS = 300_000;
/** A preload is only there a moment after its scheduler answers, and each unknown operation is a line in its log. */
const TRIES_FOR_DEMAND = 3;

export interface RequestOptions {
  /** Time for the whole call, a reconnection included. @default the client's `timeoutMs`, unless the method says otherwise */
  readonly timeoutMs?: number | undefined;
  /** Ends the call early: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectOptions {
  /** Required for `tls://`, refused for `tcp://`. */
  readonly tls?: ClientTls | undefined;
  /** Time for connecting, and for each later call that has no time of its own. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Ends the connecting early; later calls have signals of their own. */
  readonly signal?: AbortSignal | undefined;
}

/** Which workers to retire: by the addresses they advertise, or by name. */
export type RetireTarget = { readonly addresses: readonly string[] } | { readonly names: readonly string[] };

/** How many workers to close, or how many to keep. Neither: as many as Dask thinks are of no use. */
export interface CloseCount {
  readonly n?: number | undefined;
  readonly target?: number | undefined;
}

export interface LogOptions extends RequestOptions {
  /** The newest entries to give. @default all the node remembers, 10,000 at most unless it is configured otherwise */
  readonly n?: number | undefined;
}

export interface WorkerLogOptions extends LogOptions {
  /** Addresses; unknown ones are left out. @default all workers */
  readonly workers?: readonly string[] | undefined;
  /** The logs of the workers' nannies instead; workers without a nanny are left out. @default false */
  readonly nanny?: boolean | undefined;
}

/**
 * Speaks Dask's own comm protocol to a scheduler. Reads msgpack only and never unpickles anything.
 *
 * All calls throw {@link DaskFleetError}: `TIMEOUT` (no answer in time), `SCHEDULER_UNREACHABLE` (the connection cannot
 * be made, or was lost), `SCHEDULER_REFUSED` (TLS: who it is, or who we are), `REMOTE_ERROR` (the operation failed over
 * there; the error's `traceback` is Python's), `PROTOCOL_VIOLATION` (an answer that makes no sense), `CLOSED` (after
 * {@link close}); or the signal's reason.
 */
export class SchedulerClient implements AsyncDisposable {
  readonly #connector: Connector;
  readonly #control: ControlComm;
  readonly #timeoutMs: number;
  #countsWorkers = false;
  #demandUnknown = 0;

  /**
   * @param address `tls://host:port` or `tcp://host:port`; an IPv6 host in brackets
   * @throws DaskFleetError also `CONFIG_INVALID` for the address, `SECURITY_INVALID` for the TLS material
   */
  static async connect(address: string, options: ConnectOptions = {}): Promise<SchedulerClient> {
    options.signal?.throwIfAborted();
    const client = new SchedulerClient(address, options);
    try {
      await client.#control.open(client.#deadline(options));
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  private constructor(address: string, { tls, timeoutMs = DEFAULT_TIMEOUT_MS }: ConnectOptions) {
    this.#timeoutMs = timeoutMs;
    this.#connector = new Connector(address, tls, timeoutMs);
    this.#control = new ControlComm(this.#connector);
  }

  /** The address that is dialled; not always the one that the scheduler advertises. */
  get address(): string {
    return this.#connector.address;
  }

  /** The scheduler and the size of its cluster: cheap since Dask 2025.4.0, which can leave out the workers. */
  async identity(options: RequestOptions = {}): Promise<SchedulerIdentity> {
    // Older schedulers answer an unknown argument with an error, and only newer ones send `n_workers`.
    const request = { op: "identity", n_workers: this.#countsWorkers ? 0 : undefined };
    const answer = (await this.#ask(request, options)).map();
    this.#countsWorkers = answer.has("n_workers");
    return parseIdentity(answer);
  }

  /** All workers that the scheduler knows at this moment. */
  async workers(options: RequestOptions = {}): Promise<WorkerInfo[]> {
    return (await this.overview(options)).workers;
  }

  /** The scheduler and all its workers, in one question. */
  async overview(
    options: RequestOptions = {},
  ): Promise<{ readonly scheduler: SchedulerIdentity; readonly workers: WorkerInfo[] }> {
    const answer = (await this.#ask({ op: "identity" }, options)).map();
    this.#countsWorkers = answer.has("n_workers");
    return { scheduler: parseIdentity(answer), workers: parseWorkers(answer.get("workers").map()) };
  }

  /**
   * Takes workers out of the cluster: their data moves to the others, then their processes end. Gives those that were
   * retired. One that is missing was not known, or holds data that no other worker can take; it stays.
   * Default time: 300 s; when it is over, only the waiting ends, not the retiring.
   */
  async retireWorkers(target: RetireTarget, options: RequestOptions = {}): Promise<WorkerInfo[]> {
    const chosen = "addresses" in target ? { workers: target.addresses } : { names: target.names };
    if (Object.values(chosen).every((list) => list.length === 0)) return [];
    // With close_workers false, an old nanny would start its worker again.
    const request = { op: "retire_workers", ...chosen, close_workers: true, remove: true };
    return await this.#aside(options, RETIRE_TIMEOUT_MS, async (ask) => parseWorkers((await ask(request)).map()));
  }

  /** Names of the workers whose closing costs least, for {@link retireWorkers}. */
  async workersToClose(count: CloseCount = {}, options: RequestOptions = {}): Promise<string[]> {
    const request = { op: "workers_to_close", n: count.n, target: count.target, attribute: "name" };
    return (await this.#ask(request, options)).list().map((name) => name.label());
  }

  /**
   * How many workers Dask would like for its present work.
   *
   * @param targetDurationMs how long the work may take; default: Dask's `distributed.adaptive.target-duration` (5 s)
   */
  async adaptiveTarget(targetDurationMs?: number, options: RequestOptions = {}): Promise<number> {
    const seconds = targetDurationMs === undefined ? undefined : targetDurationMs / 1000;
    return (await this.#ask({ op: "adaptive_target", target_duration: seconds }, options)).number();
  }

  /**
   * How many workers the present work can use, without the tasks that no new worker could run. A scheduler without
   * dask-fleet's preload only knows its {@link adaptiveTarget}, which counts them.
   */
  async demand({ targetDurationMs, resources }: DemandRequest = {}, options: RequestOptions = {}): Promise<Demand> {
    if (this.#demandUnknown < TRIES_FOR_DEMAND) {
      const seconds = targetDurationMs === undefined ? undefined : targetDurationMs / 1000;
      const request = { op: "fleet_demand", target_duration: seconds, resources };
      const answer = await this.#control.request(request, this.#deadline(options));
      if (answer !== null) return parseDemand(readAnswer(request.op, answer));
      this.#demandUnknown += 1;
    }
    return { workers: await this.adaptiveTarget(targetDurationMs, options), present: undefined, unrunnable: [] };
  }

  /** What the scheduler and every worker run. Default time: 60 s, as Dask imports what it has not imported yet. */
  async versions(options: RequestOptions = {}): Promise<ClusterVersions> {
    return await this.#aside(options, BROADCAST_TIMEOUT_MS, async (ask) => {
      const scheduler = parseVersions(await ask({ op: "versions" }));
      const workers = await broadcast(ask, { op: "versions" });
      return { scheduler, workers: new Map(workers.map(([address, answer]) => [address, parseVersions(answer)])) };
    });
  }

  /** The scheduler's own log, oldest entry first. */
  async logs({ n, ...options }: LogOptions = {}): Promise<LogEntry[]> {
    const logs = await newestLogs(n, async (args) => [["", await this.#ask({ op: "get_logs", ...args }, options)]]);
    return logs.get("") ?? [];
  }

  /** Logs by worker address, oldest entry first; workers that did not answer are left out. Default time: 60 s. */
  async workerLogs(options: WorkerLogOptions = {}): Promise<ReadonlyMap<string, readonly LogEntry[]>> {
    const { n, nanny = false } = options;
    const wanted = options.workers === undefined ? undefined : new Set(options.workers);
    return await this.#aside(options, BROADCAST_TIMEOUT_MS, async (ask) => {
      // Dask's broadcast fails for an unknown worker, and mixes up the answers where a worker has no nanny.
      const addresses = parseWorkers((await ask({ op: "identity" })).map().get("workers").map())
        .filter((worker) => (wanted?.has(worker.address) ?? true) && (!nanny || worker.nanny !== undefined))
        .map((worker) => worker.address);
      return await newestLogs(n, (args, of = addresses) => broadcast(ask, { op: "get_logs", ...args }, of, nanny));
    });
  }

  /**
   * Ends the scheduler, and with it its workers, then closes this client. The scheduler's process ends shortly after this
   * resolves.
   */
  async terminate(options: RequestOptions = {}): Promise<void> {
    const deadline = this.#deadline(options);
    const comm = await this.#connector.open(deadline);
    try {
      throwRemoteError("terminate", await comm.request({ op: "terminate" }, deadline));
    } catch (error) {
      // Most schedulers are gone before they answer.
      if (!(error instanceof CommLost)) throw error;
    } finally {
      await comm.close();
    }
    await this.close();
  }

  /** Closes all connections. Calls under way, and later ones, throw `CLOSED`. May be called again; never throws. */
  async close(): Promise<void> {
    await this.#connector.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #deadline({ timeoutMs = this.#timeoutMs, signal }: RequestOptions): Deadline {
    return new Deadline(timeoutMs, signal);
  }

  /** A quick question, on the control comm. */
  async #ask(request: Request, options: RequestOptions): Promise<Field> {
    return readAnswer(request.op, await this.#control.request(request, this.#deadline(options)));
  }

  /** Slow questions, on a comm of their own and under one deadline, so that they hold up no other. */
  async #aside<T>(options: RequestOptions, defaultMs: number, work: (ask: Ask) => Promise<T>): Promise<T> {
    const deadline = this.#deadline({ timeoutMs: options.timeoutMs ?? defaultMs, signal: options.signal });
    const comm = await this.#connector.open(deadline);
    try {
      return await work(async (request) => readAnswer(request.op, await comm.request(request, deadline)));
    } finally {
      await comm.close();
    }
  }
}

/** Asks the scheduler one thing, and throws where it fails. */
export type Ask = (request: Request) => Promise<Field>;

/**
 * Has the scheduler ask workers, or their nannies (`Scheduler.broadcast`, distributed/scheduler.py), and gives the answers
 * by worker address. Those that cannot be reached or fail are left out: the other ways to hear of their errors are pickled,
 * or close the comm on 2022.12.
 *
 * @param workers addresses that the scheduler knows; all of them when absent
 */
export async function broadcast(
  ask: Ask,
  msg: Request,
  workers?: readonly string[],
  nanny?: boolean,
): Promise<[address: string, answer: Field][]> {
  if (workers?.length === 0) return [];
  return (await ask({ op: "broadcast", msg, workers, nanny, on_error: "ignore" })).map().entries();
}
