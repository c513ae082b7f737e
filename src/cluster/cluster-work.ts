import type { Dashboard } from "../access/dashboard/dashboard.ts";
import type { JobModule, SubmitOptions } from "../access/jobs/job-options.ts";
import type { Job } from "../access/jobs/job.ts";
import { Jobs } from "../access/jobs/jobs.ts";
import { type ClusterLogs, type LogsOptions, collectLogs } from "../access/logs.ts";
import type { RunOptions } from "../access/run-command.ts";
import { moveDeadline } from "../dask/agent/ends.ts";
import { metricsText } from "../dask/agent/metrics.ts";
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
    const { running, access } = this.#life.live("run()");
    if (running.wantsNoWorkers)
      this.#life.announcer.warn(`${this.name} has no workers: tasks wait for scale() or adapt().`);
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
    return await metricsText(this.#life.live("metrics()").running.client, { signal, timeoutMs });
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
    await moveDeadline(running.client, when, { signal, timeoutMs });
  }
}
