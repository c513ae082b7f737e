import { Deadline } from "../deadline.ts";
import type { TlsSource } from "../security/tls-material.ts";
import type { AgentComm, AgentLink, AskOptions } from "./agent/link.ts";
import { BlockedOperation, UnknownOperation, readAnswer, throwRemoteError } from "./answer.ts";
import type { Request } from "./comm/comm.ts";
import { Connector } from "./comm/connector.ts";
import { ControlComm } from "./comm/control-comm.ts";
import { CommLost } from "./dask-errors.ts";
import { type Demand, type PlainTarget, parseDemand } from "./demand.ts";
import type { Field } from "./fields.ts";
import { type SchedulerIdentity, parseIdentity } from "./identity.ts";
import { type LogEntry, newestLogs } from "./newest-logs.ts";
import { type ClusterVersions, parseVersions } from "./versions.ts";
import { type WorkerInfo, parseWorkers } from "./worker-info.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const BROADCAST_TIMEOUT_MS = 60_000;
const RETIRE_TIMEOUT_MS = 300_000;
/** A preload is ready a moment after its scheduler answers, and each unknown operation adds a line to its log. */
const TRIES_FOR_DEMAND = 3;

export type RequestOptions = AskOptions;

export interface ConnectOptions {
  /** Required for `tls://`, refused for `tcp://`. */
  readonly tls?: TlsSource | undefined;
  /** Time-out of the connection, and of later calls without their own. @default 10_000 */
  readonly timeoutMs?: number | undefined;
  /** Aborts the connection; later calls have their own signals. */
  readonly signal?: AbortSignal | undefined;
}

/** The workers to retire, by advertised address or by name. */
export type RetireTarget = { readonly addresses: readonly string[] } | { readonly names: readonly string[] };

/** The number of workers to close, or to keep. Neither: Dask decides. */
export interface CloseCount {
  readonly n?: number | undefined;
  readonly target?: number | undefined;
}

export interface LogOptions extends RequestOptions {
  /** The number of newest entries. @default all that the node keeps, 10,000 unless configured otherwise */
  readonly n?: number | undefined;
}

export interface WorkerLogOptions extends LogOptions {
  /** Addresses; unknown ones are ignored. @default all workers */
  readonly workers?: readonly string[] | undefined;
  /** The logs of the workers' nannies instead; workers without a nanny are omitted. @default false */
  readonly nanny?: boolean | undefined;
}

/**
 * Speaks Dask's own comm protocol to a scheduler. Reads msgpack only and never unpickles anything.
 *
 * All calls throw {@link DaskFleetError}: `TIMEOUT` (no answer in time), `SCHEDULER_UNREACHABLE` (the connection cannot
 * be made, or was lost), `SCHEDULER_REFUSED` (TLS rejects the scheduler or us), `REMOTE_ERROR` (the operation failed on the
 * scheduler; the error's `traceback` is Python's), `PROTOCOL_VIOLATION` (an invalid answer), `CLOSED` (after
 * {@link close}); or the signal's reason.
 */
export class SchedulerClient implements AgentLink, AsyncDisposable {
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

  /** The dialled address; not always the one that the scheduler advertises. */
  get address(): string {
    return this.#connector.address;
  }

  /** The scheduler and the size of its cluster: cheap since Dask 2025.4.0, which can omit the workers. */
  async identity(options: RequestOptions = {}): Promise<SchedulerIdentity> {
    // Older schedulers answer an unknown argument with an error, and only newer ones send `n_workers`.
    const request = { op: "identity", n_workers: this.#countsWorkers ? 0 : undefined };
    const answer = (await this.ask(request, options)).map();
    this.#countsWorkers = answer.has("n_workers");
    return parseIdentity(answer);
  }

  /** All workers that are registered now. */
  async workers(options: RequestOptions = {}): Promise<WorkerInfo[]> {
    return (await this.overview(options)).workers;
  }

  /** The scheduler and all its workers, in one question. */
  async overview(
    options: RequestOptions = {},
  ): Promise<{ readonly scheduler: SchedulerIdentity; readonly workers: WorkerInfo[] }> {
    const answer = (await this.ask({ op: "identity" }, options)).map();
    this.#countsWorkers = answer.has("n_workers");
    return { scheduler: parseIdentity(answer), workers: parseWorkers(answer.get("workers").map()) };
  }

  /**
   * Retires workers: their data moves to others, then their processes end. Returns the retired ones. A missing one was unknown, or holds
   * data that no other worker can take; it stays. Default time-out: 300 s; it ends the wait, not the retirement.
   */
  async retireWorkers(target: RetireTarget, options: RequestOptions = {}): Promise<WorkerInfo[]> {
    const chosen = "addresses" in target ? { workers: target.addresses } : { names: target.names };
    if (Object.values(chosen).every((list) => list.length === 0)) return [];
    // With close_workers false, an old nanny would start its worker again.
    const request = { op: "retire_workers", ...chosen, close_workers: true, remove: true };
    return await this.#aside(options, RETIRE_TIMEOUT_MS, async (ask) => parseWorkers((await ask(request)).map()));
  }

  /** Names of the workers that are cheapest to close, for {@link retireWorkers}. */
  async workersToClose(count: CloseCount = {}, options: RequestOptions = {}): Promise<string[]> {
    const request = { op: "workers_to_close", n: count.n, target: count.target, attribute: "name" };
    return (await this.ask(request, options)).list().map((name) => name.label());
  }

  /**
   * Dask's adaptive target for the present work.
   *
   * @param targetDurationMs how long the work may take; default: Dask's `distributed.adaptive.target-duration` (5 s)
   */
  async adaptiveTarget(targetDurationMs?: number, options: RequestOptions = {}): Promise<number> {
    const seconds = targetDurationMs === undefined ? undefined : targetDurationMs / 1000;
    return (await this.ask({ op: "adaptive_target", target_duration: seconds }, options)).number();
  }

  /**
   * What the present work needs, by resources. A scheduler without dask-fleet's preload only has its {@link adaptiveTarget}.
   *
   * @param targetDurationMs as of {@link adaptiveTarget}, where that is all
   */
  async demand(targetDurationMs?: number, options: RequestOptions = {}): Promise<Demand | PlainTarget> {
    if (this.#demandUnknown < TRIES_FOR_DEMAND) {
      const seconds = targetDurationMs === undefined ? undefined : targetDurationMs / 1000;
      const request = { op: "fleet_demand", target_duration: seconds };
      const answer = await this.ask(request, options).catch((error: unknown) => {
        if (!(error instanceof UnknownOperation || error instanceof BlockedOperation)) throw error;
      });
      if (answer !== undefined) return parseDemand(answer);
      this.#demandUnknown += 1;
    }
    return { workers: await this.adaptiveTarget(targetDurationMs, options) };
  }

  /**
   * The versions on the scheduler and its workers. Default time-out: 60 s, as Dask imports packages for it.
   *
   * @param options.workers addresses; all when absent. One that is not registered fails the call
   */
  async versions(
    options: RequestOptions & { readonly workers?: readonly string[] | undefined } = {},
  ): Promise<ClusterVersions> {
    return await this.#aside(options, BROADCAST_TIMEOUT_MS, async (ask) => {
      const scheduler = parseVersions(await ask({ op: "versions" }));
      const workers = await broadcast(ask, { op: "versions" }, options.workers);
      return { scheduler, workers: new Map(workers.map(([address, answer]) => [address, parseVersions(answer)])) };
    });
  }

  /** The scheduler's own log, oldest entry first. */
  async logs({ n, ...options }: LogOptions = {}): Promise<LogEntry[]> {
    const logs = await newestLogs(n, async (args) => [["", await this.ask({ op: "get_logs", ...args }, options)]]);
    return logs.get("") ?? [];
  }

  /** Logs by worker address, oldest entry first; workers that did not answer are omitted. Default time-out: 60 s. */
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

  /** A quick request, on the control comm. It may be sent twice. */
  async ask(request: Request, options: RequestOptions = {}): Promise<Field> {
    return readAnswer(request.op, await this.#control.request(request, this.#deadline(options)));
  }

  /** Opens a comm for one user, such as a long poll. */
  async open(options: RequestOptions = {}): Promise<AgentComm> {
    const comm = await this.#connector.open(this.#deadline(options));
    return {
      ask: async (request, how = {}) => readAnswer(request.op, await comm.request(request, this.#deadline(how), how)),
      close: async () => await comm.close(),
      [Symbol.asyncDispose]: async () => await comm.close(),
    };
  }

  /** Slow requests, on a comm of their own and under one deadline, so that they delay no others. */
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

/** Sends one request to the scheduler; throws on failure. */
export type Ask = (request: Request) => Promise<Field>;

/**
 * Broadcasts a request to workers or their nannies (`Scheduler.broadcast`, distributed/scheduler.py) and returns the answers by worker
 * address. Unreachable and failing ones are omitted: other ways to report their errors are pickled, or close the comm on 2022.12.
 *
 * @param workers registered addresses; all when absent
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
