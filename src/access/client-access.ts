import { dirname, join } from "node:path";

import type { NodePorts } from "../bootstrap/node-spec.ts";
import type { AgentLink } from "../dask/agent/link.ts";
import { agentMissing } from "../dask/agent/with-agent.ts";
import type { Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import type { CommandEnvironment } from "../provider/cloud-provider.ts";
import type { ResolvedClusterOptions } from "../provider/cluster-options.ts";
import type { Security } from "../security/security.ts";
import { stateStore } from "../state/file-store.ts";
import type { Calls } from "./calls/calls.ts";
import {
  clientEnvironment,
  renewClientFiles,
  withoutOtherClusters,
  writeClientConfiguration,
  writeClientFiles,
} from "./client-config.ts";
import type { Dashboard } from "./dashboard/dashboard.ts";
import { dashboardPage } from "./dashboard/page.ts";
import { Command, CommandFailedError, KILL_AFTER_MS, type RunOptions } from "./run-command.ts";

/** A running cluster, as its clients see it. */
interface Reached {
  readonly spec: {
    readonly clusterName: string;
    readonly security: Security | undefined;
    readonly ports: NodePorts;
    readonly options: Pick<ResolvedClusterOptions, "schedulerOptions">;
    addressAt(host: string): string;
    assertInDate(): void;
  };
  readonly schedulerHost: string;
  readonly certificates: { onRenewed(listener: () => Promise<void>): void };
  /** Throws while there is no connection. */
  readonly client: AgentLink;
  readonly agent: { has(part: string): boolean };
  whatHappenedSince(beganAt: number): Promise<string | undefined>;
}

export interface ClientAccessOptions {
  /** The scheduler's address for clients, and the certificates. */
  readonly running: Reached;
  /** The cluster's private directory. */
  readonly stateDirectory: string;
  /** What the provider gives to commands. */
  readonly environment: CommandEnvironment;
  /** Whether the dashboard's gate opens without TLS. */
  readonly gatePlain: boolean | undefined;
}

/** In the cluster's private directory. */
const DIRECTORY = "client";

/** The ways into a running cluster: environment, configuration, commands, calls, dashboard. They end when it closes. */
export class ClientAccess {
  readonly #options: ClientAccessOptions;
  readonly #dashboards = new Set<Dashboard>();
  readonly #commands = new Set<Command>();
  /** Directories of configurations that {@link writeConfig} has written. */
  readonly #written = new Set<string>();
  #calls: Promise<Calls> | undefined;

  /** Writes the files that {@link env} names. */
  static async open(options: ClientAccessOptions): Promise<ClientAccess> {
    const access = new ClientAccess(options);
    const { security, clusterName } = options.running.spec;
    if (security === undefined) return access;
    await stateStore().cluster(clusterName).makeDirectory(DIRECTORY);
    await writeClientFiles(security, access.#directory);
    options.running.certificates.onRenewed(() => access.#renewFiles(security));
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

  /** Python functions as Dask tasks. */
  async calls(): Promise<Calls> {
    this.#calls ??= import("./calls/calls.ts").then((loaded) => new loaded.Calls({ link: () => this.#agent }));
    return await this.#calls;
  }

  get #agent(): AgentLink {
    const { running } = this.#options;
    if (!running.agent.has("calls")) throw agentMissing("call(), map() and upload()");
    return running.client;
  }

  env(inline: boolean): Record<string, string> {
    return clientEnvironment(this.#config, inline ? "inline" : { directory: this.#directory }, process.env);
  }

  async writeConfig(directory: string): Promise<string> {
    const path = await writeClientConfiguration(this.#config, directory);
    this.#written.add(dirname(path));
    return path;
  }

  /** Programs that start from now on find renewed certificates where they were. A directory that was removed stays removed. */
  async #renewFiles(security: Security): Promise<void> {
    for (const directory of [this.#directory, ...this.#written]) await renewClientFiles(security, directory);
  }

  async run(command: string, args: readonly string[], options: RunOptions): Promise<number> {
    const { variables, programs = {} } = this.#options.environment;
    const [program, ...first] = (Object.hasOwn(programs, command) ? programs[command] : undefined) ?? [command];
    const ours = clientEnvironment(this.#config, { directory: this.#directory });
    const env = {
      ...variables,
      ...withoutOtherClusters({ ...process.env, ...variables }),
      ...ours,
      ...options.env,
    };
    const beganAt = performance.now();
    const running = Command.start(program, [...first, ...args], { ...options, env });
    this.#commands.add(running);
    try {
      return await running.result;
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      const circumstance = await this.#options.running.whatHappenedSince(beganAt);
      if (circumstance === undefined) throw error;
      throw new CommandFailedError(program, error.exitCode, error.signal, circumstance);
    } finally {
      this.#commands.delete(running);
    }
  }

  async dashboard(port: number): Promise<Dashboard> {
    const { running, gatePlain } = this.#options;
    const { spec, schedulerHost } = running;
    spec.assertInDate();
    const page = dashboardPage(spec.options.schedulerOptions);
    const { security } = spec;
    const tls = security && (() => security.clientTls());
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
    const { openDashboard } = await import("./dashboard/dashboard.ts");
    const dashboard = await openDashboard({ target: { address, tls }, page, port });
    this.#dashboards.add(dashboard);
    return dashboard;
  }

  /** Whether a command is still running. */
  get isUsed(): boolean {
    return this.#commands.size > 0;
  }

  /** Resolves when no command is running any more. */
  async unused(): Promise<void> {
    await Promise.allSettled([...this.#commands].map(({ result }) => result));
  }

  /** Ends running commands: SIGTERM, then SIGKILL at half of the deadline. Does not wait for what survives SIGKILL. */
  async endCommands(deadline?: Deadline): Promise<void> {
    const graceMs = deadline === undefined ? KILL_AFTER_MS : Math.min(KILL_AFTER_MS, deadline.remainingMs / 2);
    for (const command of this.#commands) command.end(new DaskFleetError("CLOSED", "The cluster was closed."), graceMs);
    await this.unused();
  }

  async #endCalls(): Promise<void> {
    await (await this.#calls)?.close();
  }

  /**
   * Closes the open dashboards, and cancels calls.
   *
   * @param andCommands also ends the commands, by the deadline; a program may still work on its results after the scheduler's end
   */
  async end({ andCommands, by }: { readonly andCommands: boolean; readonly by?: Deadline }): Promise<void> {
    const dashboards = [...this.#dashboards].map((dashboard) => dashboard.close());
    await Promise.all([andCommands ? this.endCommands(by) : undefined, this.#endCalls(), ...dashboards]);
    this.#dashboards.clear();
  }
}
