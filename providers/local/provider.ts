import { randomBytes } from "node:crypto";
import { delimiter, dirname, join } from "node:path";

import {
  DEFAULT_JOIN_PORT,
  DEFAULT_NODE_PORTS,
  DEFAULT_WORKER_MODULE,
  type WorkerOptions,
  type NodeExtras,
} from "../../src/bootstrap/node-spec.ts";
import { DaskFleetError, messageOf } from "../../src/errors.ts";
import { emitWarning } from "../../src/process/standard-streams.ts";
import type { Check } from "../../src/provider/checkup.ts";
import type {
  CloudProvider,
  CommandEnvironment,
  NodeQuestion,
  PrepareRequest,
  Prepared,
  ProviderState,
} from "../../src/provider/cloud-provider.ts";
import type { ClusterIdentity } from "../../src/provider/identity.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  Resource,
  TaggedResource,
} from "../../src/provider/machine.ts";
import type { PlanRequest, ProviderPlan } from "../../src/provider/plan.ts";
import type { MachineRole } from "../../src/provider/role.ts";
import { groupIn } from "../../src/provider/tags.ts";
import { type WorkerGroup, optionsFor } from "../../src/provider/worker-group.ts";
import { stateStore } from "../../src/state/file-store.ts";
import { stateDirectory } from "../../src/state/state-directory.ts";
import { findBash, isExecutable } from "./machines/bash.ts";
import { thisComputer } from "./machines/control-groups.ts";
import { LocalMachine, machineName, MACHINES } from "./machines/local-machine.ts";
import { checkProcesses } from "./machines/process-group.ts";
import { sharedOptions } from "./machines/share.ts";
import { Addresses, assertFreePort, freePort } from "./network/addresses.ts";
import type { ResolvedLocalOptions } from "./options/schema.ts";
import { planLocal } from "./plan/plan.ts";
import { PYTHON_COMMANDS, writePythonCommands } from "./python/python-commands.ts";
import { Pythons } from "./python/pythons.ts";

const CAPABILITIES: Capabilities = {
  userDataLimitBytes: 1024 * 1024,
  userDataGzip: true,
  nodeNameFrom: "instance-id",
  pollIntervalMs: 250,
  listLagMs: 0,
  endsWithProcess: true,
};

/** Process groups on this computer, each with its own directory in the private directory of its cluster. */
export class LocalProvider implements CloudProvider {
  readonly capabilities = CAPABILITIES;
  readonly #pythons = new Pythons();
  readonly state: ProviderState = this.#pythons;
  readonly #options: ResolvedLocalOptions;
  readonly #machines = new Map<string, LocalMachine>();
  readonly #addresses = new Addresses();
  #schedulerAddress: string | undefined;
  #toldOfDirectory = false;

  constructor(options: ResolvedLocalOptions) {
    this.#options = options;
  }

  async plan(cluster: ClusterIdentity, request: PlanRequest): Promise<ProviderPlan> {
    return planLocal(cluster, request, this.#options);
  }

  async prepare({ name }: ClusterIdentity, { groups }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    if (process.platform === "win32") {
      throw new DaskFleetError("CONFIG_INVALID", "LocalCluster needs Linux or macOS; on Windows, use WSL.");
    }
    await checkProcesses();
    await findBash();
    // A start whose time is over has been rolled back by now: nothing may come after that.
    signal.throwIfAborted();
    await stateStore().cluster(name).makeDirectory(MACHINES);
    const address = await this.#addresses.next();
    this.#schedulerAddress = address;
    const { schedulerPort } = this.#options;
    const [python, scheduler, gate, dashboard, join] = await Promise.all([
      this.#pythons.find({ python: this.#options.python, groups }, machinesDirectory(name), signal),
      schedulerPort === undefined
        ? freePort(address, DEFAULT_NODE_PORTS.scheduler)
        : assertFreePort(address, schedulerPort),
      freePort(address, DEFAULT_NODE_PORTS.gate),
      freePort(address, DEFAULT_NODE_PORTS.dashboard),
      freePort(address, DEFAULT_JOIN_PORT),
    ]);
    signal.throwIfAborted();
    await writePythonCommands(python, commandsDirectory(name));
    return { ports: { scheduler, gate, dashboard, join } };
  }

  nodeExtras(role: MachineRole, { workers = 0, group }: NodeQuestion = {}): NodeExtras {
    return {
      ...(role === "worker" || this.#options.singleNode ? { workerOptions: this.#workerOptions(workers, group) } : {}),
      runtime: "native",
      ...this.#pythonExtras(group),
      bootstrap: false,
      autoShutdown: false,
      // The scheduler's address is a loopback address.
      gatePlain: true,
    };
  }

  async create(
    { name }: ClusterIdentity,
    { role, group: asked, count, userData, tags }: MachineRequest,
    signal: AbortSignal,
  ): Promise<CreatedMachines> {
    const group = groupIn(tags);
    const booted = await Promise.allSettled(
      Array.from({ length: count }, async () => {
        const id = machineName(name, role, randomBytes(3).toString("hex"));
        const machine = new LocalMachine(machinesDirectory(name), id);
        this.#machines.set(id, machine);
        signal.throwIfAborted();
        const known = role === "scheduler" ? this.#schedulerAddress : undefined;
        const address = known ?? (await this.#addresses.next());
        await machine.boot({ id, role, group, address, userData, environment: this.#pythons.of(asked)?.env });
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

  async list({ name }: ClusterIdentity): Promise<readonly Machine[]> {
    for (const id of await this.#machinesThere(name)) this.#machine(name, id);
    const machines = await Promise.all([...this.#machines.values()].map((machine) => machine.look()));
    return machines.filter((machine) => machine !== undefined);
  }

  /** The ids of those that have a directory. What is not ours is told, and is no reason to forget those that we have booted. */
  async #machinesThere(name: string): Promise<readonly string[]> {
    try {
      return await stateStore().cluster(name).entries(MACHINES);
    } catch (error) {
      if (this.#machines.size === 0) throw error;
      if (!this.#toldOfDirectory) emitWarning(messageOf(error));
      this.#toldOfDirectory = true;
      return [];
    }
  }

  async destroy({ name }: ClusterIdentity, machines: readonly Machine[]): Promise<void> {
    await Promise.all(
      machines.map(async ({ id }) => {
        await this.#machine(name, id).destroy();
        this.#machines.delete(id);
      }),
    );
  }

  async console({ id }: Machine): Promise<string> {
    return (await this.#machines.get(id)?.bootLog()) ?? "";
  }

  /** Only machines, which end with their process. */
  async release(): Promise<void> {}

  /** A cluster on this computer is where its record is. */
  async find(): Promise<readonly TaggedResource[]> {
    return [];
  }

  async checks(): Promise<readonly Check[]> {
    const { localChecks } = await import("./checkup/checks.ts");
    return localChecks(this.#options);
  }

  async resources(cluster: ClusterIdentity): Promise<readonly Resource[]> {
    return (await this.list(cluster)).map(({ id }) => ({ kind: "machine", id }));
  }

  async removeAbandoned({ name }: ClusterIdentity): Promise<boolean> {
    const machines = (await stateStore().cluster(name).entries(MACHINES)).map(
      (id) => new LocalMachine(machinesDirectory(name), id),
    );
    // Each tells itself what is wrong with its file.
    const refusals = await Promise.all(machines.map((machine) => machine.refusal()));
    if (refusals.some((refusal) => refusal !== undefined)) return false;
    await Promise.all(machines.map((machine) => machine.destroy()));
    return true;
  }

  /** `python` and `python3` in a command are the cluster's Python, so that both have the same packages. */
  async environment({ name }: ClusterIdentity): Promise<CommandEnvironment> {
    const python = this.#pythons.of(undefined);
    if (python === undefined) return {};
    const { env, executable, command } = python;
    const directory = commandsDirectory(name);
    const places = [directory, dirname(executable), env["PATH"] ?? process.env["PATH"] ?? ""];
    const startable = await Promise.all(PYTHON_COMMANDS.map((word) => isExecutable(join(directory, word))));
    return {
      variables: { ...env, PATH: places.filter((place) => place !== "").join(delimiter) },
      // Elsewhere the state directory is mounted noexec.
      programs: Object.fromEntries(PYTHON_COMMANDS.filter((_, nth) => !startable[nth]).map((word) => [word, command])),
    };
  }

  #pythonExtras(group: WorkerGroup | undefined): Pick<NodeExtras, "python" | "pythonArgs"> {
    // Before `prepare`, for a preview: it may be a command of several words.
    const wanted = optionsFor(this.#options, group).python;
    const [python = wanted, ...pythonArgs] = this.#pythons.of(group)?.command ?? [];
    return { python, pythonArgs };
  }

  /** Options of `dask worker`; other programs have their own. */
  #workerOptions(workers: number, group: WorkerGroup | undefined): WorkerOptions {
    const { workerOptions, workerModule, sharedBy } = optionsFor(this.#options, group);
    if (workerModule !== undefined && workerModule !== DEFAULT_WORKER_MODULE) return workerOptions;
    const beside = this.#options.singleNode ? 1 : 0;
    return sharedOptions(thisComputer(), sharedBy ?? Math.max(1, workers + beside), workerOptions);
  }

  #machine(name: string, id: string): LocalMachine {
    const machine = this.#machines.get(id) ?? new LocalMachine(machinesDirectory(name), id);
    this.#machines.set(id, machine);
    return machine;
  }
}

function commandsDirectory(name: string): string {
  return join(stateDirectory(name), "bin");
}

function machinesDirectory(name: string): string {
  return join(stateDirectory(name), MACHINES);
}
