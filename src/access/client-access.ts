import { join } from "node:path";

import type { RunningCluster } from "../cluster/running-cluster.ts";
import type { Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import { stateStore } from "../state/file-store.ts";
import {
  clientEnvironment,
  withoutOtherClusters,
  writeClientConfiguration,
  writeClientFiles,
} from "./client-config.ts";
import { type Dashboard, openDashboard } from "./dashboard/dashboard.ts";
import { dashboardPage } from "./dashboard/page.ts";
import { Command, CommandFailedError, KILL_AFTER_MS, type RunOptions } from "./run-command.ts";

export interface ClientAccessOptions {
  /** The scheduler as clients reach it, and the certificates. */
  readonly running: Pick<RunningCluster, "spec" | "schedulerHost" | "whatHappenedSince">;
  /** The cluster's private directory. */
  readonly stateDirectory: string;
  /** More environment for commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether the dashboard's gate opens although the cluster has no TLS. */
  readonly gatePlain: boolean | undefined;
}

/** In the cluster's private directory. */
const DIRECTORY = "client";

/** The ways into a running cluster for those who use it, and the end of them all when it closes. */
export class ClientAccess {
  readonly #options: ClientAccessOptions;
  readonly #dashboards = new Set<Dashboard>();
  readonly #commands = new Set<Command>();

  /** Lays out the files that {@link env} names. */
  static async open(options: ClientAccessOptions): Promise<ClientAccess> {
    const access = new ClientAccess(options);
    const { security, clusterName } = options.running.spec;
    if (security === undefined) return access;
    await stateStore().cluster(clusterName).makeDirectory(DIRECTORY);
    await writeClientFiles(security, access.#directory);
    return access;
  }

  private constructor(options: ClientAccessOptions) {
    this.#options = options;
  }

  get #config(): Parameters<typeof clientEnvironment>[0] {
    const { spec, schedulerHost } = this.#options.running;
    spec.assertInDate();
    return { schedulerAddress: spec.addressAt(schedulerHost), security: spec.security };
  }

  get #directory(): string {
    return join(this.#options.stateDirectory, DIRECTORY);
  }

  env(inline: boolean): Record<string, string> {
    return clientEnvironment(this.#config, inline ? "inline" : { directory: this.#directory }, process.env);
  }

  async writeConfig(directory: string): Promise<string> {
    return await writeClientConfiguration(this.#config, directory);
  }

  async run(command: string, args: readonly string[], options: RunOptions): Promise<number> {
    const { environment } = this.#options;
    const ours = clientEnvironment(this.#config, { directory: this.#directory });
    const env = {
      ...environment,
      ...withoutOtherClusters({ ...process.env, ...environment }),
      ...ours,
      ...options.env,
    };
    const beganAt = performance.now();
    const running = Command.start(command, args, { ...options, env });
    this.#commands.add(running);
    try {
      return await running.result;
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      const circumstance = await this.#options.running.whatHappenedSince(beganAt);
      if (circumstance === undefined) throw error;
      throw new CommandFailedError(command, error.exitCode, error.signal, circumstance);
    } finally {
      this.#commands.delete(running);
    }
  }

  async dashboard(port: number): Promise<Dashboard> {
    const { running, gatePlain } = this.#options;
    const { spec, schedulerHost } = running;
    spec.assertInDate();
    const page = dashboardPage(spec.options.schedulerOptions);
    const tls = spec.security?.clientTls();
    if (tls === undefined && gatePlain !== true) {
      throw new DaskFleetError(
        "WRONG_STATE",
        "With `security: false` a public scheduler's dashboard is not carried over the network in clear text: use an SSH tunnel.",
      );
    }
    const address = {
      scheme: tls === undefined ? "tcp" : "tls",
      host: schedulerHost,
      port: spec.ports.gate,
    } as const;
    const dashboard = await openDashboard({ target: { address, tls }, page, port });
    this.#dashboards.add(dashboard);
    return dashboard;
  }

  /** Whether a command still runs. */
  get isUsed(): boolean {
    return this.#commands.size > 0;
  }

  /** Until no command runs any more. */
  async unused(): Promise<void> {
    await Promise.allSettled([...this.#commands].map(({ result }) => result));
  }

  /** Ends the commands that still run: by half of the deadline with SIGKILL, and what even that does not end is not waited for. */
  async endCommands(deadline?: Deadline): Promise<void> {
    const graceMs = deadline === undefined ? KILL_AFTER_MS : Math.min(KILL_AFTER_MS, deadline.remainingMs / 2);
    for (const command of this.#commands) command.end(new DaskFleetError("CLOSED", "The cluster was closed."), graceMs);
    await this.unused();
  }

  /**
   * Closes the dashboards that are still open.
   *
   * @param andCommands also end the commands, by the deadline; a program may still work on its results when the scheduler has ended
   */
  async end({ andCommands, by }: { readonly andCommands: boolean; readonly by?: Deadline }): Promise<void> {
    const dashboards = [...this.#dashboards].map((dashboard) => dashboard.close());
    await Promise.all([andCommands ? this.endCommands(by) : undefined, ...dashboards]);
    this.#dashboards.clear();
  }
}
