import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { isUnreachable } from "../dask/unreachable.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import type { AdaptOptions } from "../fleet/adaptive/adaptive.ts";
import { Consoles } from "../fleet/consoles/consoles.ts";
import { shortageError } from "../fleet/creation-retries.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { GroupFleet } from "../fleet/group-fleet.ts";
import { SchedulerRestarts } from "../fleet/scheduler-restarts.ts";
import { Troubles } from "../fleet/troubles.ts";
import type { ProgressEvent } from "../progress.ts";
import type { ClusterProvider } from "../provider/complete-provider.ts";
import { type Machine, isAlive } from "../provider/machine.ts";
import { DEFAULT_GROUP, type GroupSizes, groupOf } from "../provider/worker-group.ts";
import { linesIn } from "../text/text.ts";
import { poll, within } from "../wait.ts";
import { Adapting } from "./adapting.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { CreationLedger } from "./end/creation-ledger.ts";
import { ExpiryWatch } from "./expiry-watch.ts";
import { fleetOf } from "./fleet-of.ts";
import { assertWithinBounds, sizesInWords } from "./groups.ts";
import type { ClusterWorker, WaitOptions } from "./handle-types.ts";
import type { Lead } from "./lead/lead.ts";
import { STATE_TIMEOUT_MS, SharedSizes } from "./lead/shared-size.ts";
import { Heartbeat } from "./scheduler/heartbeat.ts";
import { Monitor } from "./scheduler/monitor.ts";
import { connectToScheduler } from "./scheduler/scheduler-link.ts";
import { type ClusterEnd, findOutWhyEnded } from "./scheduler/why-ended.ts";

export interface RunningClusterOptions {
  readonly spec: ClusterSpec;
  readonly verbs: ClusterProvider;
  readonly ledger: CreationLedger;
  readonly schedulerMachine: Machine;
  readonly emit: (event: ProgressEvent) => void;
  /** Where another process looks after the cluster, this one only says how many workers there should be. */
  readonly lead: Lead;
}

/** What {@link RunningCluster.settle} waits for. */
interface Wait {
  readonly enough: () => boolean;
  readonly groups?: readonly GroupFleet[] | undefined;
  readonly canDoWithout?: ((group: GroupFleet) => boolean) | undefined;
}

const SETTLE_INTERVAL_MS = 100;
const TERMINATE_TIMEOUT_MS = 3000;
const LAST_WORD_TIMEOUT_MS = 3000;
/** A cluster without a scheduler costs money: the reason is not looked for for longer. */
const LAST_LOOK_TIMEOUT_MS = 30_000;

/** A cluster from the moment its scheduler's machine exists: the connection to Dask, the workers, and who looks after them. */
export class RunningCluster {
  readonly #options: RunningClusterOptions;
  readonly fleet: Fleet;
  readonly expiry: ExpiryWatch;
  readonly #consoles: Consoles;
  readonly #troubles: Troubles;
  readonly #restarts: SchedulerRestarts;
  #schedulerMachine: Machine;
  #client: SchedulerClient | undefined;
  readonly #adapting: Adapting;
  readonly #sizes: SharedSizes;
  #monitor: Monitor | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Since when the scheduler has not answered. */
  #silentSince: number | undefined;
  readonly #warn = (message: string): void => this.#options.emit({ type: "warning", message });

  constructor(options: RunningClusterOptions) {
    const { spec, verbs, ledger, emit, schedulerMachine } = options;
    this.#options = options;
    this.#schedulerMachine = schedulerMachine;
    this.expiry = new ExpiryWatch({ spec, emit });
    this.#consoles = new Consoles({ clusterName: spec.clusterName, provider: verbs });
    this.#troubles = new Troubles(emit);
    this.#restarts = new SchedulerRestarts(this.#troubles);
    this.#sizes = new SharedSizes({ spec, lead: options.lead, troubles: this.#troubles });
    this.fleet = fleetOf({
      spec,
      verbs,
      create: (group, count, signal) => {
        const asked = { group, workers: this.#mostWorkers };
        return ledger.track(() => verbs.create(spec.request("worker", count, this.#innerHost, asked), signal));
      },
      scheduler: () => this.#client,
      troubles: this.#troubles,
      restarts: this.#restarts,
      emit,
      isStarting: () => !this.isLookedAfter,
      mayAct: () => this.#mayAct(),
    });
    this.#adapting = new Adapting({
      spec,
      fleet: this.fleet,
      scheduler: () => this.#client,
      setTarget: (group, workers) => this.setTarget({ [group]: workers }, "adapt"),
      isToldElsewhere: (error) => isUnreachable(error) && this.#heartbeat !== undefined,
      warn: this.#warn,
    });
  }

  async #mayAct(): Promise<boolean> {
    const { lead } = this.#options;
    const mayAct = await within("the lease on the cluster", new Deadline(STATE_TIMEOUT_MS), () => lead.mayAct());
    this.#troubles.tellOf("lead", lead.lost);
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

  /** The scheduler's address inside the cluster's network, which is the only one that workers use. */
  get #innerHost(): string {
    return this.#schedulerMachine.privateAddress ?? this.schedulerHost;
  }

  /** How many worker machines there may be as things stand. */
  get #mostWorkers(): number {
    const mostOf = ({ name, target }: GroupFleet): number => Math.max(target, this.#adapting.maximumOf(name));
    return this.fleet.groups.reduce((sum, group) => sum + mostOf(group), 0);
  }

  get spec(): ClusterSpec {
    return this.#options.spec;
  }

  get schedulerAddress(): string {
    return this.spec.addressAt(this.schedulerHost);
  }

  get client(): SchedulerClient {
    if (this.#client === undefined) throw new DaskFleetError("WRONG_STATE", "The scheduler is not connected yet.");
    return this.#client;
  }

  /** Finds the address by which clients reach the scheduler, where its create call did not tell it. */
  async locate(deadline: Deadline): Promise<void> {
    this.#schedulerMachine = await within("the scheduler's address", deadline, (signal) =>
      this.#options.verbs.locate(this.#schedulerMachine, signal),
    );
  }

  async connect(deadline: Deadline): Promise<void> {
    const { spec, verbs } = this.#options;
    this.#client = await connectToScheduler(
      {
        address: this.schedulerAddress,
        tls: spec.security?.clientTls(),
        machine: this.#schedulerMachine,
        provider: verbs,
        pollIntervalMs: spec.capabilities.pollIntervalMs,
        consoles: this.#consoles,
        onListed: (machines) => this.fleet.observe(machines),
      },
      deadline,
    );
  }

  /** Sets how many worker machines there should be of some groups, also for other processes that look after this cluster. */
  async setTarget(sizes: GroupSizes, reason: "scale" | "adapt"): Promise<void> {
    await this.#sizes.set(sizes, () => {
      // Nobody asked for a smaller cluster at that moment: work that takes long goes on.
      this.fleet.setTarget(sizes, { onlyOffered: reason === "adapt", anew: reason === "scale" });
      for (const [group, workers] of Object.entries(sizes)) {
        this.#options.emit({ type: "target", workers, group, reason });
      }
    });
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

  /**
   * Until so many workers have joined and no other machines are left, or somebody wishes for another number.
   *
   * @param asked by group; the others stay. A number means the group `default`
   */
  async scale(asked: number | GroupSizes, deadline: Deadline): Promise<void> {
    const sizes = typeof asked === "number" ? { [DEFAULT_GROUP]: asked } : asked;
    assertWithinBounds(sizes, this.spec);
    const groups = Object.keys(sizes).map((name) => this.fleet.group(name));
    await within("adapting to end", deadline, () => this.#adapting.stop(...Object.keys(sizes)));
    await this.setTarget(sizes, "scale");
    const settled = ({ name, target, joined, size }: GroupFleet): boolean =>
      target !== sizes[name] || (joined === target && size === target);
    await this.settle(sizesInWords(sizes), deadline, { enough: () => groups.every(settled), groups });
  }

  /**
   * Until at least so many workers have joined, or as many as there should be.
   *
   * @param asked by group; a number counts the workers of all groups
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

  async #followOthers(): Promise<void> {
    await this.#sizes.look((sizes) => {
      for (const [name, intended] of Object.entries(sizes)) {
        const { target } = this.fleet.group(name);
        // Somebody asks for more, whom earlier failures do not concern.
        if (intended !== target) this.fleet.setTarget({ [name]: intended }, { anew: intended > target });
      }
    });
  }

  /**
   * Takes steps until `enough` says so. Ends early, with the reason, when waiting for machines is of no use; the fleet goes on
   * trying. Where machines are short when time is up, the error has the code of the shortage.
   *
   * @param wait.groups whose machines are waited for. Default: all
   * @param wait.canDoWithout whether so few of a group's machines are enough that it does not end the wait
   */
  async settle(
    what: string,
    deadline: Deadline,
    { enough, groups = this.fleet.groups, canDoWithout = () => false }: Wait,
  ): Promise<void> {
    const awaited = (): readonly GroupFleet[] => groups.filter((group) => !canDoWithout(group));
    let trouble: unknown;
    const step = async (): Promise<true | undefined> => {
      try {
        if (!deadline.expired) {
          await within("a look at the machines", deadline, () => this.fleet.reconcile());
          trouble = undefined;
        }
      } catch (error) {
        if (error instanceof DaskFleetError && error.code === "CLOSED") throw error;
        // That we had no more time says nothing of the machines.
        if (trouble === undefined || !deadline.expired) trouble = error;
        if (isUnreachable(error) && this.fleet.schedulerGone) throw await this.#schedulerEnded(error);
      }
      if (enough()) return true;
      const [hopeless] = awaited().flatMap((group) => group.hopeless ?? []);
      if (hopeless !== undefined) throw hopeless;
      return undefined;
    };
    const lastSeen = async (): Promise<string> =>
      `${this.fleet.describe()}${trouble === undefined ? "" : `; ${messageOf(trouble)}`}${await this.fleet.whyWaiting()}`;
    try {
      await poll(step, { what, deadline, intervalMs: SETTLE_INTERVAL_MS, lastSeen });
    } catch (error) {
      const [shortage] = awaited().flatMap((group) => group.shortage ?? []);
      if (shortage === undefined || !(error instanceof DaskFleetError && error.code === "TIMEOUT")) throw error;
      throw shortageError(error, shortage.error);
    }
  }

  async #schedulerEnded(cause: unknown): Promise<DaskFleetError> {
    const end = await this.#consoles.tailOf(this.#schedulerMachine);
    const message = `The scheduler's machine ${this.#schedulerMachine.id} has stopped.`;
    return new DaskFleetError("SCHEDULER_UNREACHABLE", [message, ...linesIn(end)], { cause });
  }

  adapt(options: AdaptOptions, group: string = DEFAULT_GROUP): void {
    this.#adapting.begin(group, options);
  }

  async stopAdapting(): Promise<void> {
    await this.#adapting.stop();
  }

  /** Looks after the cluster from now on: replaces what is lost, follows a size that another process wished for. */
  lookAfter(onSchedulerGone: (end: ClusterEnd) => void): void {
    const intervalMs = Math.max(500, this.spec.capabilities.pollIntervalMs);
    this.#heartbeat ??= new Heartbeat({
      intervalMs,
      answeredAt: () => this.#restarts.answeredAt,
      ask: async (options) => this.#restarts.see(await this.client.identity(options), true),
      troubles: this.#troubles,
    });
    this.#monitor ??= new Monitor({
      intervalMs,
      tick: async () => {
        this.expiry.look();
        await this.#followOthers();
        await this.fleet.reconcile();
      },
      schedulerGone: async (signal) => await this.#isSchedulerGone(signal),
      onSchedulerGone: () => void this.#whyEnded().then(onSchedulerGone),
      onTrouble: (error) => {
        // The heartbeat tells of a scheduler that is silent for longer.
        if (!isUnreachable(error)) this.#troubles.tell("care", messageOf(error));
      },
      onWell: () => {
        this.#silentSince = undefined;
        this.#troubles.over("care");
      },
    });
  }

  /** How far the cluster is, and what keeps it from its size, in words. */
  describe(): string {
    return this.fleet.describe();
  }

  /**
   * What has become of the scheduler since then, in a sentence, for the error of a command that has failed; undefined where it is
   * the same. Asks it, for three seconds at most.
   *
   * @param beganAt as `performance.now()`
   */
  async whatHappenedSince(beganAt: number): Promise<string | undefined> {
    const known = this.#restarts.since(beganAt);
    if (known !== undefined) return known;
    const client = this.#client;
    if (client === undefined) return undefined;
    const identity = await client.identity({ timeoutMs: LAST_WORD_TIMEOUT_MS }).catch(() => undefined);
    if (identity === undefined) return "The scheduler does not answer at the moment.";
    this.#restarts.see(identity, true);
    return this.#restarts.since(beganAt);
  }

  /** Whether this process is, or was, the one that looks after the cluster. */
  get isLookedAfter(): boolean {
    return this.#monitor !== undefined;
  }

  /** Whether tasks wait for ever, as far as this process knows: no worker is wanted, and nobody adapts. */
  get wantsNoWorkers(): boolean {
    return this.fleet.target === 0 && !this.#adapting.isOn && this.isLookedAfter;
  }

  /** Whether its machine has ended, or says that it has given up; that one stays on for minutes. */
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
    const evidence = { spec, machine, console: await this.#consoles.text(machine) };
    const look = (): Promise<Machine | undefined> => this.#findScheduler(AbortSignal.timeout(LAST_LOOK_TIMEOUT_MS));
    return await findOutWhyEnded(evidence, look, 2 * spec.capabilities.pollIntervalMs);
  }

  /** Ends what this process does, and leaves the cluster as it is. */
  async leave(): Promise<void> {
    await this.rest();
    await this.disconnect({ terminate: false });
  }

  /** Nobody looks after the cluster any more, and no machine is made any more. */
  async rest(): Promise<void> {
    const fleetStopped = this.fleet.stop();
    await Promise.all([this.#heartbeat?.stop(), this.#monitor?.stop(), this.stopAdapting(), fleetStopped]);
  }

  /** Closes the connection; with `terminate` Dask is told to end first. Failure does not matter, its machines go anyway. */
  async disconnect({ terminate }: { readonly terminate: boolean }): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    if (terminate) await client.terminate({ timeoutMs: TERMINATE_TIMEOUT_MS }).catch(() => undefined);
    await client.close();
  }
}
