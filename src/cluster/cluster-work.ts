import type { CallOptions } from "../access/calls/call.ts";
import type { Inputs } from "../access/calls/map/inputs.ts";
import type { MapError, MapOptions, MapValue } from "../access/calls/map/map-options.ts";
import type { Dashboard } from "../access/dashboard/dashboard.ts";
import type { JobModule, SubmitOptions } from "../access/jobs/job-options.ts";
import type { Job } from "../access/jobs/job.ts";
import { Jobs } from "../access/jobs/jobs.ts";
import { type ClusterLogs, type LogsOptions, collectLogs } from "../access/logs.ts";
import type { MachineConsole } from "../access/machine-consoles.ts";
import type { RunOptions } from "../access/run-command.ts";
import { moveDeadline } from "../dask/agent/ends.ts";
import { metricsText } from "../dask/agent/metrics.ts";
import { withAgent } from "../dask/agent/with-agent.ts";
import { Deadline } from "../deadline.ts";
import { afterClose } from "../process/exit-guard.ts";
import { assertDeadline } from "./ends.ts";
import type { WaitOptions } from "./handle-types.ts";
import type { ClusterLife } from "./life.ts";

/** What one does with a running cluster. */
export abstract class ClusterWork {
  /** The `name` option, or `dask-` and eight hexadecimal digits. */
  readonly name: string;
  readonly #life: ClusterLife;

  /** @internal */
  protected constructor(life: ClusterLife) {
    this.#life = life;
    this.name = life.name;
  }

  /**
   * The log lines of the scheduler and the workers: raw data, which tasks and clients can influence. Use {@link printable} before you
   * show them on a terminal.
   */
  async logs(options: LogsOptions = {}): Promise<ClusterLogs> {
    return await collectLogs(this.#life.live("logs()").running.client, options);
  }

  /**
   * The end of each machine's console output, where a boot is seen: raw data. Use {@link printable} before you show it on a terminal.
   * Machines of an unreadable console have an empty text.
   *
   * @param wait for how long. Default: `startTimeoutMs`
   */
  async consoles({ signal, timeoutMs }: WaitOptions = {}): Promise<readonly MachineConsole[]> {
    const { running } = this.#life.live("consoles()");
    return await running.consoles(new Deadline(timeoutMs ?? this.#life.open.options.startTimeoutMs, signal));
  }

  /**
   * The scheduler's address inside the cluster's network, for a program beside it.
   *
   * @internal
   */
  get innerSchedulerAddress(): string {
    return this.#life.live("innerSchedulerAddress").running.innerSchedulerAddress;
  }

  /**
   * Environment variables that connect a Python `Client()` to this cluster. Merge them over an environment: TLS settings of another
   * cluster are overridden with `None`. TLS files are given by path and are deleted by {@link close}; with `inline` the values hold
   * them, and are secrets.
   *
   * @param options how the TLS files are given
   * @param options.inline whether their PEM texts are in the values. Default: false
   */
  clientEnv({ inline = false }: { readonly inline?: boolean } = {}): Record<string, string> {
    return this.#life.live("clientEnv()").access.env(inline);
  }

  /**
   * Writes a configuration for Python's Dask into a directory: export `DASK_CONFIG=<dir>` and `Client()` connects. The files are
   * 0600. Returns the path of the YAML file.
   */
  async writeClientConfig(directory: string): Promise<string> {
    return await this.#life.live("writeClientConfig()").access.writeConfig(directory);
  }

  /**
   * Runs a command with {@link clientEnv}. Resolves with 0, or with `check: false` with any exit code, 128 + n after a signal.
   * {@link close} and any end of this process end the command and its children; a scheduler that ends by itself does not. With the
   * caller's standard input, Ctrl-C goes to the command, as in a shell.
   *
   * @throws CommandFailedError `COMMAND_FAILED` with `exitCode` and `signal` when the command does not succeed.
   */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<number> {
    const { access } = this.#withWorkers("run()");
    return await afterClose(() => access.run(command, args, options));
  }

  /**
   * Submits a program to the cluster: it runs there, beside the scheduler or a worker, with a `Client()` that needs no arguments. It goes
   * on when this process ends; `job()` finds it again, also from another process that attached to the cluster. A running job keeps the
   * idle time-out away.
   *
   * ```ts
   * const job = await cluster.submit("train.py", { args: ["--n", "10"], files: ["lib/"] });
   * const { exitCode, result } = await job.done;
   * ```
   *
   * @param program the path of a Python script of this computer, or a module
   * @param options arguments, files, environment, place
   * @throws DaskFleetError `CONFIG_INVALID` for what cannot be sent; `JOB_FAILED` when the scheduler refuses it: the reason says why
   */
  async submit(program: string | JobModule, options: SubmitOptions = {}): Promise<Job> {
    return await afterClose(() => this.#jobs("submit()").submit(program, options));
  }

  /** The jobs that the scheduler knows: all that are not over, and the newest hundred that are. */
  async jobs(options: WaitOptions = {}): Promise<readonly Job[]> {
    return await this.#jobs("jobs()").list(options);
  }

  /**
   * Finds a job by its id.
   *
   * @throws DaskFleetError `JOB_NOT_FOUND`
   */
  async job(id: string, options: WaitOptions = {}): Promise<Job> {
    return await this.#jobs("job()").find(id, options);
  }

  #jobs(call: string): Jobs {
    const { running } = this.#life.live(call);
    if (running.wantsNoWorkers && call === "submit()")
      this.#life.announcer.warn(`${this.name} has no workers: tasks wait for scale() or adapt().`);
    return new Jobs(() => this.#life.live("A job's cluster").running);
  }

  /**
   * Calls a Python function on a worker, as one Dask task, and returns its value. This computer needs no Python; the function must be
   * importable on the workers: installed there, or {@link upload}ed. An async function is awaited. It runs at least once: again when its
   * worker is lost.
   *
   * Arguments and value are JSON values, `Uint8Array` (bytes), `bigint` (int), `Date` (an aware datetime) and {@link ArrowTable}.
   *
   * @param name as in `"package.module:function"`
   * @param args positional arguments. Default: none
   * @throws CallFailedError `CALL_FAILED` when the function raises, or cannot be called: with Python's `type`, text and `traceback`;
   * DaskFleetError `CONFIG_INVALID` for an argument without a form in Python, `TIMEOUT` after `timeoutMs`; the abort signal's reason
   */
  async call<T = unknown>(name: string, args: readonly unknown[] = [], options: CallOptions = {}): Promise<T> {
    const { access } = this.#withWorkers("call()");
    return (await afterClose(async () => await (await access.calls()).call(name, args, options))) as T;
  }

  /** As below; a failing input is yielded with its `error`. */
  map<T = unknown, I = unknown>(
    name: string,
    inputs: Inputs<I>,
    options: MapOptions & { readonly errors: "yield" },
  ): AsyncGenerator<MapValue<I, T> | MapError<I>, void, undefined>;
  /**
   * Calls a Python function with each input, in batches of measured size, and yields its values as they complete, or `ordered`. Inputs
   * are pulled as results are consumed. The first failing input ends the map, unless `errors` is `"yield"`; leaving the loop cancels what
   * is on its way.
   *
   * @param name as in `"package.module:function"`; its only positional argument is the input
   * @param inputs an array, or anything that can be iterated, also asynchronously
   * @throws CallFailedError and others as {@link call}
   */
  map<T = unknown, I = unknown>(
    name: string,
    inputs: Inputs<I>,
    options?: MapOptions,
  ): AsyncGenerator<MapValue<I, T>, void, undefined>;
  map<T, I>(
    name: string,
    inputs: Inputs<I>,
    options: MapOptions = {},
  ): AsyncGenerator<MapValue<I, T> | MapError<I>, void, undefined> {
    const { access } = this.#withWorkers("map()");
    async function* results(): AsyncGenerator<MapValue<I, unknown> | MapError<I>, void, undefined> {
      yield* (await access.calls()).map(name, inputs, options);
    }
    return results() as AsyncGenerator<MapValue<I, T> | MapError<I>, void, undefined>;
  }

  /**
   * Puts Python code on the path of imports of all workers, also of those that join later: workers fetch it before the next call or map.
   * A folder with `__init__.py` is a package of its name, another folder's contents stand on the path, and so does a file. It replaces
   * what was uploaded before.
   *
   * @param paths files and folders on this computer
   * @param options how it can be ended
   * @param options.signal when aborted, the call rejects with the signal's reason
   * @throws DaskFleetError `CONFIG_INVALID` for what cannot be read or is too much
   */
  async upload(
    paths: readonly string[],
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { access } = this.#life.live("upload()");
    await afterClose(async () => await (await access.calls()).upload(paths, signal));
  }

  /**
   * Opens the scheduler's dashboard on this computer's loopback, through an encrypted connection.
   *
   * @param options where it listens
   * @param options.port the port on the loopback. Default: 0, any free port
   */
  async dashboard({ port = 0 }: { readonly port?: number } = {}): Promise<Dashboard> {
    return await this.#life.live("dashboard()").access.dashboard(port);
  }

  /**
   * The metrics of the scheduler and of all workers as a Prometheus text (format 0.0.4), from the workers' last heartbeats. Prometheus
   * itself reads them at `/fleet/metrics`, where the dashboard is.
   *
   * @param wait for how long. Default: 10 s
   */
  async metrics({ signal, timeoutMs }: WaitOptions = {}): Promise<string> {
    const { client } = this.#life.live("metrics()").running;
    return await withAgent("metrics()", () => metricsText(client, { signal, timeoutMs }));
  }

  /**
   * Sets when the cluster ends, whatever it does and whoever watches: the scheduler's machine sees to it. May be moved, but not past
   * the end of `maxLifetimeMs`.
   *
   * @param when the deadline; undefined removes it
   * @param wait for how long. Default: 10 s
   * @throws DaskFleetError `CONFIG_INVALID` for a time that is over, or later than `maxLifetimeMs` allows
   */
  async setDeadline(when: Date | undefined, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    const { running } = this.#life.live("setDeadline()");
    if (when !== undefined) assertDeadline(when, running.spec.ends);
    await withAgent("setDeadline()", () => moveDeadline(running.client, when, { signal, timeoutMs }));
  }

  /** What is there for work; warns when tasks would wait for ever. */
  #withWorkers(what: string): ReturnType<ClusterLife["live"]> {
    const live = this.#life.live(what);
    if (live.running.wantsNoWorkers)
      this.#life.announcer.warn(`${this.name} has no workers: tasks wait for scale() or adapt().`);
    return live;
  }
}
