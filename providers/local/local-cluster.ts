import { randomBytes } from "node:crypto";
import { delimiter, dirname, join } from "node:path";

import type { RunOptions } from "../../src/access/run-command.ts";
import { DEFAULT_NODE_PORTS, DEFAULT_WORKER_MODULE, type WorkerOptions } from "../../src/bootstrap/node-spec.ts";
import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import type { NodeExtras } from "../../src/cluster/cluster-spec.ts";
import { DaskFleetError, messageOf } from "../../src/errors.ts";
import { emitWarning } from "../../src/process/standard-streams.ts";
import type { Prepared, PrepareRequest } from "../../src/provider/cloud-provider.ts";
import type { Capabilities, CreatedMachines, Machine, MachineRequest } from "../../src/provider/machine.ts";
import type { MachineRole } from "../../src/provider/role.ts";
import { groupIn } from "../../src/provider/tags.ts";
import { stateStore } from "../../src/state/file-store.ts";
import { findBash, isExecutable } from "./machines/bash.ts";
import { thisComputer } from "./machines/control-groups.ts";
import { LocalMachine, MACHINES } from "./machines/local-machine.ts";
import { checkProcesses } from "./machines/process-group.ts";
import { sharedOptions } from "./machines/share.ts";
import { Addresses, assertFreePort, freePort } from "./network/addresses.ts";
import { type LocalClusterOptions, type ResolvedLocalOptions, resolveLocalOptions } from "./options/options.ts";
import { PYTHON_COMMANDS, writePythonCommands } from "./python/python-commands.ts";
import { type DaskPython, findPython } from "./python/python.ts";
import { sweepAbandoned } from "./sweep.ts";

const CAPABILITIES: Capabilities = {
  userDataLimitBytes: 1024 * 1024,
  userDataGzip: true,
  nodeNameFrom: "instance-id",
  pollIntervalMs: 250,
  listLagMs: 0,
  endsWithProcess: true,
};

/**
 * A Dask cluster on this computer, the embedded default: it needs no cloud account, only a Python that has `distributed`. Each
 * machine is a group of processes that boots the very user data a cloud machine would, on Linux with a loopback address of its
 * own.
 *
 * ```ts
 * await using cluster = await new LocalCluster({ nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * The machines end when this process ends, however it ends.
 */
export class LocalCluster extends ClusterManager {
  static readonly provider = "local";

  readonly #options: ResolvedLocalOptions;
  readonly #machines = new Map<string, LocalMachine>();
  readonly #addresses = new Addresses();
  #schedulerAddress: string | undefined;
  #toldOfDirectory = false;
  #python: DaskPython | undefined;

  constructor(options: LocalClusterOptions = {}) {
    const resolved = resolveLocalOptions(LocalCluster.provider, options);
    super(resolved);
    this.#options = resolved;
  }

  protected override get providerName(): string {
    return LocalCluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return CAPABILITIES;
  }

  protected override async removeAbandoned(): Promise<void> {
    await sweepAbandoned(LocalCluster.provider);
  }

  protected override async prepare(_request: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    if (process.platform === "win32") {
      throw new DaskFleetError("CONFIG_INVALID", "LocalCluster needs Linux or macOS; on Windows, use WSL.");
    }
    await checkProcesses();
    await findBash();
    // A start whose time is over has been rolled back by now: nothing may come after that.
    signal.throwIfAborted();
    await stateStore().cluster(this.name).makeDirectory(MACHINES);
    const address = await this.#addresses.next();
    this.#schedulerAddress = address;
    const { schedulerPort } = this.#options;
    const [python, scheduler, gate, dashboard] = await Promise.all([
      findPython({ wanted: this.#options.python, elsewhere: this.#machinesDirectory }, signal),
      schedulerPort === undefined
        ? freePort(address, DEFAULT_NODE_PORTS.scheduler)
        : assertFreePort(address, schedulerPort),
      freePort(address, DEFAULT_NODE_PORTS.gate),
      freePort(address, DEFAULT_NODE_PORTS.dashboard),
    ]);
    this.#python = python;
    signal.throwIfAborted();
    await writePythonCommands(python, this.#commandsDirectory);
    return { ports: { scheduler, gate, dashboard } };
  }

  protected override nodeExtras(role: MachineRole, workers: number = 0): NodeExtras {
    return {
      ...(role === "worker" ? { workerOptions: this.#workerOptions(workers) } : {}),
      runtime: "native",
      ...this.#pythonExtras(),
      bootstrap: false,
      autoShutdown: false,
      // The scheduler's address is a loopback address.
      gatePlain: true,
    };
  }

  protected override async create(
    { role, count, userData, tags }: MachineRequest,
    signal: AbortSignal,
  ): Promise<CreatedMachines> {
    const group = groupIn(tags);
    const booted = await Promise.allSettled(
      Array.from({ length: count }, async () => {
        const id = `${this.name}-${role}${role === "scheduler" ? "" : `-${randomBytes(3).toString("hex")}`}`;
        const machine = new LocalMachine(this.#machinesDirectory, id);
        this.#machines.set(id, machine);
        signal.throwIfAborted();
        const known = role === "scheduler" ? this.#schedulerAddress : undefined;
        const address = known ?? (await this.#addresses.next());
        await machine.boot({ id, role, group, address, userData, environment: this.#python?.env });
        return { id, nodeName: id, role, group, state: "pending" as const, privateAddress: address };
      }),
    );
    const machines = booted.filter((each) => each.status === "fulfilled").map(({ value }) => value);
    const failed = booted.find((each) => each.status === "rejected");
    signal.throwIfAborted();
    if (failed === undefined) return { machines };
    const cause: unknown = failed.reason;
    const message = `A local machine could not be started: ${messageOf(cause)}`;
    return { machines, shortfall: new DaskFleetError("MACHINE_CREATE_FAILED", message, { cause }) };
  }

  protected override async list(): Promise<readonly Machine[]> {
    for (const id of await this.#machinesThere()) this.#machine(id);
    const machines = await Promise.all([...this.#machines.values()].map((machine) => machine.look()));
    return machines.filter((machine) => machine !== undefined);
  }

  /** The ids of those that have a directory. What is not ours is told, and is no reason to forget those that we have booted. */
  async #machinesThere(): Promise<readonly string[]> {
    try {
      return await stateStore().cluster(this.name).entries(MACHINES);
    } catch (error) {
      if (this.#machines.size === 0) throw error;
      if (!this.#toldOfDirectory) emitWarning(messageOf(error));
      this.#toldOfDirectory = true;
      return [];
    }
  }

  protected override async destroy(machines: readonly Machine[]): Promise<void> {
    await Promise.all(
      machines.map(async ({ id }) => {
        await this.#machine(id).destroy();
        this.#machines.delete(id);
      }),
    );
  }

  protected override async console({ id }: Machine): Promise<string> {
    return await this.#machine(id).bootLog();
  }

  /** `python` and `python3` in a command are the Python of the cluster, so that both have the same packages. */
  protected override runEnvironment(): Record<string, string> {
    if (this.#python === undefined) return {};
    const { env, executable } = this.#python;
    const places = [this.#commandsDirectory, dirname(executable), env["PATH"] ?? process.env["PATH"] ?? ""];
    return { ...env, PATH: places.filter((place) => place !== "").join(delimiter) };
  }

  override async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<number> {
    const python = this.#python;
    const isOurs = python !== undefined && PYTHON_COMMANDS.includes(command);
    if (!isOurs || (await isExecutable(join(this.#commandsDirectory, command)))) {
      return await super.run(command, args, options);
    }
    // The state directory is mounted noexec.
    const [program, ...more] = python.command;
    return await super.run(program, [...more, ...args], options);
  }

  protected override recordState(): Record<string, unknown> {
    return { python: this.#python };
  }

  protected override restoreState({ python }: Readonly<Record<string, unknown>>): void {
    this.#python = python as DaskPython | undefined;
  }

  #pythonExtras(): Pick<NodeExtras, "python" | "pythonArgs"> {
    // Before `prepare`, for a preview: it may be a command of several words.
    const [python = this.#options.python, ...pythonArgs] = this.#python?.command ?? [];
    return { python, pythonArgs };
  }

  /** What `dask worker` is told; other programs have options of their own. */
  #workerOptions(workers: number): WorkerOptions {
    const { workerOptions, workerModule, sharedBy } = this.#options;
    if (workerModule !== undefined && workerModule !== DEFAULT_WORKER_MODULE) return workerOptions;
    return sharedOptions(thisComputer(), sharedBy ?? Math.max(1, workers), workerOptions);
  }

  get #commandsDirectory(): string {
    return join(this.stateDirectory, "bin");
  }

  get #machinesDirectory(): string {
    return join(this.stateDirectory, MACHINES);
  }

  #machine(id: string): LocalMachine {
    const machine = this.#machines.get(id) ?? new LocalMachine(this.#machinesDirectory, id);
    this.#machines.set(id, machine);
    return machine;
  }
}
