import type { Dashboard } from "../access/dashboard/dashboard.ts";
import { type ClusterLogs, type LogsOptions, collectLogs } from "../access/logs.ts";
import type { RunOptions } from "../access/run-command.ts";
import { afterClose } from "../process/exit-guard.ts";
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
   * Opens the scheduler's dashboard on this computer's loopback, through an encrypted connection.
   *
   * @param options where it listens
   * @param options.port the port on the loopback. Default: 0, any free port
   */
  async dashboard({ port = 0 }: { readonly port?: number } = {}): Promise<Dashboard> {
    return await this.#life.live("dashboard()").access.dashboard(port);
  }
}
