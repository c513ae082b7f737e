import { type MachineConsole, readConsoles } from "../access/machine-consoles.ts";
import { parseNotice } from "../dask/agent/notice.ts";
import { isUnreachable } from "../dask/dask-errors.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import type { AdaptOptions, GroupAdaptOptions } from "../fleet/adaptive/adapt-options.ts";
import { Consoles } from "../fleet/consoles/consoles.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { GroupFleet } from "../fleet/group-fleet.ts";
import { SchedulerRestarts } from "../fleet/scheduler-restarts.ts";
import { Troubles } from "../fleet/troubles.ts";
import { type Machine, isAlive } from "../provider/machine.ts";
import { type GroupSizes, groupMeant, groupOf } from "../provider/worker-group.ts";
import { linesIn } from "../text/text.ts";
import { within } from "../wait.ts";
import { boundsToAdapt } from "./bounds-to-adapt.ts";
import { CertificateCare } from "./certificates/certificate-care.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import { andEnds } from "./ends.ts";
import { fleetOf } from "./fleet-of.ts";
import { assertWithinBounds, sizesInWords } from "./groups.ts";
import type { ClusterWorker, WaitOptions } from "./handle-types.ts";
import { Joining } from "./join/joining.ts";
import { STATE_TIMEOUT_MS } from "./lead/shared-wishes.ts";
import type { RunningClusterOptions } from "./running-options.ts";
import { AgentDelivery } from "./scheduler/agent-delivery.ts";
import { agentSettings } from "./scheduler/agent-settings.ts";
import { ClusterWatch } from "./scheduler/cluster-watch.ts";
import { Heartbeat } from "./scheduler/heartbeat.ts";
import { Monitor } from "./scheduler/monitor.ts";
import { connectToScheduler } from "./scheduler/scheduler-link.ts";
import { VersionWatch } from "./scheduler/version-watch.ts";
import { type ClusterEnd, findOutWhyEnded } from "./scheduler/why-ended.ts";
import { type Wait, settle } from "./settle.ts";
import { Targets } from "./targets.ts";

/** While all is well, a follower tries for the lead at one tick of so many; the leader's lease checks itself. */
const LEAD_EVERY = 4;
const TERMINATE_TIMEOUT_MS = 3000;
/** A cluster without a scheduler costs money: the search for the reason is short. */
const LAST_LOOK_TIMEOUT_MS = 30_000;

/** A cluster whose scheduler's machine exists: the connection to Dask, the workers, and their monitoring. */
export class RunningCluster {
  readonly #options: RunningClusterOptions;
  readonly fleet: Fleet;
  readonly certificates: CertificateCare;
  readonly agent: AgentDelivery;
  readonly versions: VersionWatch;
  readonly #joining: Joining;
  readonly #watch: ClusterWatch;
  readonly #consoles: Consoles;
  readonly #troubles: Troubles;
  readonly #restarts: SchedulerRestarts;
  #schedulerMachine: Machine;
  #client: SchedulerClient | undefined;
  readonly #targets: Targets;
  #monitor: Monitor | undefined;
  #heartbeat: Heartbeat | undefined;
  readonly #since: Date;
  /** Since when the scheduler has not answered. */
  #silentSince: number | undefined;
  readonly #warn = (message: string): void => this.#options.emit({ type: "warning", message });

  constructor(options: RunningClusterOptions) {
    const { spec, verbs, ledger, lead, emit, schedulerMachine } = options;
    this.#options = options;
    this.#schedulerMachine = schedulerMachine;
    this.#since = options.since ?? new Date();
    this.#consoles = new Consoles({ clusterName: spec.clusterName, provider: verbs, emit });
    const troubles = (this.#troubles = new Troubles(emit));
    this.certificates = new CertificateCare({ spec, link: () => this.#client, lead, troubles, emit });
    this.#restarts = new SchedulerRestarts(this.#troubles, () => void this.agent.deliver());
    this.#joining = new Joining({
      ...options,
      fleet: () => this.fleet,
      scheduler: () => this.#schedulerMachine,
      link: () => (this.agent.isThere ? this.#client : undefined),
      mayAct: () => this.#mayAct(),
      troubles,
      warn: this.#warn,
    });
    const [link, settings] = [() => this.#client, agentSettings(spec)];
    this.agent = new AgentDelivery({ link, settings, ends: spec.ends, warn: this.#warn });
    this.#watch = new ClusterWatch({
      link: () => (this.agent.isThere ? this.#client : undefined),
      look: (signal) => this.client.overview({ signal }),
      intervalMs: this.#intervalMs,
      onAnswer: (scheduler) => this.#restarts.see(scheduler, this.isLookedAfter),
      onChange: () => this.fleet.see(),
      warn: this.#warn,
    });
    this.#watch.on("notice", ({ content }) => {
      const notice = parseNotice(content);
      if (notice !== undefined) this.fleet.notice(notice);
    });
    this.versions = new VersionWatch({
      link: () => this.#client,
      groups: spec.groups.map(({ name }) => name),
      groupOf: (worker) => this.fleet.placeOf(worker).group,
      isStarting: () => !this.isLookedAfter,
      warn: this.#warn,
    });
    this.fleet = fleetOf({
      spec,
      verbs,
      schedulerMachine,
      create: (group, count, signal) => {
        const asked = { group, workers: this.#targets.most };
        return ledger.track(() => verbs.create(spec.request("worker", count, this.#innerHost, asked), signal));
      },
      scheduler: () => this.#client,
      membership: () => this.#watch.current,
      troubles: this.#troubles,
      restarts: this.#restarts,
      emit: (event) => {
        emit(event);
        this.versions.see(event);
      },
      isStarting: () => !this.isLookedAfter,
      mayAct: () => this.#mayAct(),
    });
    this.#targets = new Targets({
      spec,
      lead,
      fleet: this.fleet,
      troubles,
      scheduler: () => this.#client,
      membership: () => this.#watch.current,
      hasHeartbeat: () => this.#heartbeat !== undefined,
      emit,
    });
  }

  async #mayAct(): Promise<boolean> {
    const { lead } = this.#options;
    const mayAct = await within("the lease on the cluster", new Deadline(STATE_TIMEOUT_MS), () => lead.mayAct());
    this.#troubles.tellOf("lead", lead.lost);
    if (mayAct) await this.#joining.takeOver();
    return mayAct;
  }

  /** The scheduler's address for clients outside the cluster's network, if the machine has a public one. */
  get schedulerHost(): string {
    const { publicAddress, privateAddress } = this.#schedulerMachine;
    const host = publicAddress ?? privateAddress;
    if (host === undefined)
      throw new DaskFleetError("MACHINE_CREATE_FAILED", "The scheduler's machine has no address.");
    return host;
  }

  /** The scheduler's address inside the cluster's network, for workers. */
  get #innerHost(): string {
    return this.#schedulerMachine.privateAddress ?? this.schedulerHost;
  }

  get spec(): ClusterSpec {
    return this.#options.spec;
  }

  get schedulerAddress(): string {
    return this.spec.addressAt(this.schedulerHost);
  }

  get innerSchedulerAddress(): string {
    return this.spec.addressAt(this.#innerHost);
  }

  get client(): SchedulerClient {
    if (this.#client === undefined) throw new DaskFleetError("WRONG_STATE", "The scheduler is not connected yet.");
    return this.#client;
  }

  /** Finds the scheduler's address for clients, if the create call did not return it. */
  async locate(deadline: Deadline): Promise<void> {
    this.#schedulerMachine = await within("the scheduler's address", deadline, (signal) =>
      this.#options.verbs.locate(this.#schedulerMachine, signal),
    );
  }

  async connect(deadline: Deadline): Promise<void> {
    const { spec, verbs } = this.#options;
    const { security } = spec;
    this.#client = await connectToScheduler(
      {
        address: this.schedulerAddress,
        tls: security && (() => security.clientTls()),
        machine: this.#schedulerMachine,
        join: this.#joining.schedulerJoin(this.schedulerHost),
        provider: verbs,
        pollIntervalMs: spec.capabilities.pollIntervalMs,
        consoles: this.#consoles,
        onListed: (machines) => this.fleet.observeSome(machines),
        onBooted: () => this.#options.emit({ type: "scheduler", change: "booted", id: this.#schedulerMachine.id }),
      },
      deadline,
    );
    await within("the agent", deadline, () => this.agent.deliver());
    this.certificates.begin();
    this.#joining.begin();
    this.#watch.begin();
  }

  /** How often the scheduler and the machines are looked at while something changes. */
  get #intervalMs(): number {
    return Math.max(500, this.spec.capabilities.pollIntervalMs);
  }

  /** As {@link Targets.set}. */
  async setTarget(sizes: GroupSizes): Promise<void> {
    await this.#targets.set(sizes);
  }

  async workers(options: WaitOptions): Promise<readonly ClusterWorker[]> {
    const workers = await this.client.workers(options);
    return workers.map((worker) => ({ ...worker, ...this.fleet.placeOf(worker.name) }));
  }

  async machines(deadline: Deadline): Promise<readonly Machine[]> {
    const { verbs } = this.#options;
    const listed = await within("the list of machines", deadline, (signal) => verbs.list(signal));
    return listed.map((machine) => ({ ...machine, group: groupOf(machine) }));
  }

  async consoles(deadline: Deadline): Promise<readonly MachineConsole[]> {
    const machines = await this.machines(deadline);
    return await within("the consoles", deadline, (signal) => readConsoles(machines, this.#options.verbs, signal));
  }

  /**
   * Waits until exactly that many workers have joined, or the target changes.
   * @param asked sizes by group; other groups stay. A number means the only group, or `default`
   */
  async scale(asked: number | GroupSizes, deadline: Deadline): Promise<void> {
    const sizes = typeof asked === "number" ? { [groupMeant(this.spec.groups).name]: asked } : asked;
    assertWithinBounds(sizes, this.spec);
    await this.#joining.assertCanGrowTo(sizes);
    const groups = Object.keys(sizes).map((name) => this.fleet.group(name));
    await within("the new size to be set", deadline, () => this.setTarget(sizes));
    await this.agent.touch();
    const settled = ({ name, target, joined, size }: GroupFleet): boolean =>
      target !== sizes[name] || (joined === target && size === target);
    await this.settle(sizesInWords(sizes), deadline, { enough: () => groups.every(settled), groups });
  }

  /**
   * Waits until at least that many workers have joined. Default: the target.
   * @param asked sizes by group; a number counts the workers of all groups
   */
  async waitForWorkers(asked: number | GroupSizes | undefined, deadline: Deadline): Promise<void> {
    const { fleet } = this;
    if (typeof asked === "object") {
      const groups = Object.keys(asked).map((name) => fleet.group(name));
      const enough = (): boolean => groups.every(({ name, joined }) => joined >= (asked[name] ?? 0));
      await this.settle(`${sizesInWords(asked)} to join`, deadline, { enough, groups });
      return;
    }
    const wanted = (): number => asked ?? fleet.target;
    const canDoWithout = ({ target, joined }: GroupFleet): boolean => fleet.target - target + joined >= wanted();
    await this.settle(`${wanted()} workers to join`, deadline, {
      enough: () => fleet.joined >= wanted(),
      canDoWithout,
    });
  }

  /** Reconciles until there is enough of what is waited for. */
  async settle(what: string, deadline: Deadline, wait: Wait): Promise<void> {
    await settle(what, deadline, {
      ...wait,
      fleet: this.fleet,
      bell: this.#watch.bell,
      isTold: () => this.#watch.current !== undefined,
      schedulerEnded: (cause) => this.#schedulerEnded(cause),
    });
  }

  async #schedulerEnded(cause: unknown): Promise<DaskFleetError> {
    const end = await this.#consoles.tailOf(this.#schedulerMachine);
    const message = `The scheduler's machine ${this.#schedulerMachine.id} has stopped.`;
    return new DaskFleetError("SCHEDULER_UNREACHABLE", [message, ...linesIn(end)], { cause });
  }

  /** As {@link Targets.adapt}, of what was asked for ({@link boundsToAdapt}). */
  async adapt(options: AdaptOptions | GroupAdaptOptions, group?: string): Promise<void> {
    await this.#targets.adapt(boundsToAdapt(this.spec.groups, options, group));
  }

  /** Whether any group adapts in this process. */
  get isAdapting(): boolean {
    return this.#targets.isAdapting;
  }

  /** As {@link Targets.stopAdapting}. */
  async stopAdapting(...groups: readonly string[]): Promise<void> {
    await this.#targets.stopAdapting(...groups);
  }

  /** Monitors the cluster from now on: replaces lost workers, follows sizes that other processes set. */
  lookAfter(onSchedulerGone: (end: ClusterEnd) => void): void {
    const intervalMs = this.#intervalMs;
    this.#heartbeat ??= new Heartbeat({
      intervalMs,
      answeredAt: () => this.#restarts.answeredAt,
      ask: async (options) => this.#restarts.see(await this.client.identity(options), true),
      troubles: this.#troubles,
    });
    let resting = 0;
    this.#monitor ??= new Monitor({
      intervalMs,
      bell: this.#watch.bell,
      tick: async () => {
        const isNews = await this.#targets.follow();
        resting = this.fleet.restMs === 0 ? 0 : resting + 1;
        if (resting === 0) await this.fleet.reconcile();
        // Only to report that another process leads: each step checks that by itself.
        else if (isNews || (resting % LEAD_EVERY === 0 && !this.#options.lead.isHeld)) await this.#mayAct();
      },
      schedulerGone: async (signal) => await this.#isSchedulerGone(signal),
      onSchedulerGone: () => void this.#whyEnded().then(onSchedulerGone),
      onTrouble: (error) => {
        // The heartbeat reports a silent scheduler.
        if (!isUnreachable(error)) this.#troubles.tell("care", messageOf(error));
      },
      onWell: () => {
        this.#silentSince = undefined;
        this.#troubles.over("care");
      },
    });
  }

  /** A summary of sizes and present troubles. */
  describe(): string {
    return `${this.fleet.describe()}${this.certificates.describe()}${andEnds(this.agent.ends)}`;
  }

  /** As {@link SchedulerRestarts.askedSince}, for the error of a failed command. */
  async whatHappenedSince(beganAt: number): Promise<string | undefined> {
    return await this.#restarts.askedSince(beganAt, this.#client);
  }

  /** Whether this process monitors the cluster. */
  get isLookedAfter(): boolean {
    return this.#monitor !== undefined;
  }

  /** Whether tasks wait for ever, as far as this process knows: the target is 0, and nothing adapts. */
  get wantsNoWorkers(): boolean {
    const hasNone = this.fleet.target === 0 && this.fleet.beside === undefined;
    return hasNone && !this.#targets.isAdapting && this.isLookedAfter;
  }

  /** Whether the scheduler's machine has ended, or printed its gave-up marker: such a machine stays on for minutes. */
  async #isSchedulerGone(signal: AbortSignal): Promise<boolean> {
    this.#silentSince ??= performance.now();
    const machine = await this.#findScheduler(signal);
    if (machine === undefined || !isAlive(machine)) return true;
    const absentMs = performance.now() - this.#silentSince;
    return (await this.#consoles.look([{ machine, absentMs }], signal)) !== undefined;
  }

  async #findScheduler(signal?: AbortSignal): Promise<Machine | undefined> {
    const { spec, verbs } = this.#options;
    const deadline = new Deadline(spec.options.closeTimeoutMs, signal);
    const machines = await within("the list of machines", deadline, (inner) => verbs.list(inner));
    return machines.find(({ id }) => id === this.#schedulerMachine.id);
  }

  async #whyEnded(): Promise<ClusterEnd> {
    const [{ spec }, machine] = [this, this.#schedulerMachine];
    const evidence = { spec, machine, since: this.#since, console: await this.#consoles.text(machine) };
    const look = (): Promise<Machine | undefined> => this.#findScheduler(AbortSignal.timeout(LAST_LOOK_TIMEOUT_MS));
    return await findOutWhyEnded(evidence, look, 2 * spec.capabilities.pollIntervalMs);
  }

  /** Ends this process's work and leaves the cluster running. */
  async leave(): Promise<void> {
    await this.rest();
    await this.agent.leave();
    await this.disconnect({ terminate: false });
  }

  /** Stops monitoring, adapting and creating machines. */
  async rest(): Promise<void> {
    const fleetStopped = this.fleet.stop();
    const asking = [this.#heartbeat?.stop(), this.#monitor?.stop(), this.#watch.stop(), this.#joining.stop()];
    const watching = [...asking, this.agent.stop(), this.certificates.stop()];
    await Promise.all([...watching, this.#targets.rest(), fleetStopped]);
  }

  /** Closes the connection; with `terminate` Dask ends first. Failure does not matter: its machines go anyway. */
  async disconnect({ terminate }: { readonly terminate: boolean }): Promise<void> {
    await Promise.all([this.certificates.stop(), this.#watch.stop(), this.#joining.stop()]);
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    if (terminate) await client.terminate({ timeoutMs: TERMINATE_TIMEOUT_MS }).catch(() => undefined);
    await client.close();
  }
}
