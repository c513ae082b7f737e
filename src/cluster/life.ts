import { randomBytes } from "node:crypto";

import { ClientAccess } from "../access/client-access.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { Timeline } from "../progress.ts";
import { type ClusterProvider, forCluster } from "../provider/complete-provider.ts";
import { type ClusterIdentity, newClusterId } from "../provider/identity.ts";
import type { OpenProvider } from "../provider/provider-definition.ts";
import { rememberStart, usualStartMs } from "../state/start-times.ts";
import { stateDirectory } from "../state/state-directory.ts";
import { within } from "../wait.ts";
import { Announcer } from "./announcer.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import { CreationLedger } from "./end/creation-ledger.ts";
import { ExitDuty } from "./end/exit-duty.ts";
import { Inventory } from "./end/inventory.ts";
import { takeDown } from "./end/tear-down.ts";
import { RollbackIncompleteError } from "./end/teardown-error.ts";
import type { AttachOptions, WaitOptions } from "./handle-types.ts";
import { HANDED_OVER, handOver } from "./join/authority-in-record.ts";
import { Lead } from "./lead/lead.ts";
import { ToldTroubles } from "./lead/told-troubles.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { ClusterPlan } from "./plan/cluster-plan.ts";
import { planCluster } from "./plan/plan-cluster.ts";
import { type ClusterRecord, removeOwnState } from "./record.ts";
import type { RunningCluster } from "./running-cluster.ts";
import type { ClusterEnd } from "./scheduler/why-ended.ts";
import { attachTo } from "./start/attach.ts";
import { type LaunchInput, launch, specifyCluster } from "./start/launch.ts";

/** The parts of a running cluster that a handle needs. */
interface Live {
  readonly running: RunningCluster;
  readonly access: ClientAccess;
}

/** The life of a cluster: start, attach, detach and close, with the provider that it owns. */
export class ClusterLife {
  readonly name: string;
  readonly open: OpenProvider;
  readonly announcer = new Announcer();
  readonly lifecycle = new Lifecycle((state) => this.announcer.tell({ type: "state", state }));
  readonly timeline = new Timeline(this.announcer.tell);
  readonly #className: string;
  readonly #ledger = new CreationLedger();
  readonly #lead: Lead;
  readonly #told: ToldTroubles;
  readonly #inventory: Inventory;
  readonly #exit: ExitDuty;
  #identity: ClusterIdentity;
  #running: RunningCluster | undefined;
  #access: ClientAccess | undefined;
  #end: ClusterEnd | undefined;

  /** @param className the provider's class, for the message about leftovers */
  constructor(open: OpenProvider, className: string) {
    const { name: providerName, options, provider } = open;
    this.open = open;
    this.#className = className;
    this.name = options.name ?? `dask-${randomBytes(4).toString("hex")}`;
    this.#identity = { name: this.name, ids: [newClusterId()] };
    this.#lead = new Lead(this.name, () => this.#lookAfter());
    this.#told = new ToldTroubles(this.name, this.#lead);
    this.announcer.keep((event) => this.#told.hear(event));
    this.#inventory = new Inventory(this.#ledger, provider);
    this.#exit = new ExitDuty({
      name: this.name,
      options,
      inventory: this.#inventory,
      providerName,
      capabilities: provider.capabilities,
      close: () => this.close(),
      warn: (message) => this.announcer.warn(message),
      identity: () => this.#identity,
    });
  }

  get id(): string | undefined {
    return this.#identity.ids[0];
  }

  /** Whether this process leads the cluster. */
  get leads(): boolean {
    return this.#lead.isHeld;
  }

  /** Undefined before the first machine. */
  get running(): RunningCluster | undefined {
    return this.#running;
  }

  /** Why the cluster closed by itself; undefined unless it did. */
  get end(): ClusterEnd | undefined {
    return this.#end;
  }

  /** The running cluster's spec, or before the start that of its options. */
  get spec(): ClusterSpec {
    return this.#running?.spec ?? specifyCluster(this.#launchInput());
  }

  /** The provider for this cluster; ledger and inventory record what it creates and removes. */
  get verbs(): ClusterProvider {
    return this.#inventory.watch(this.#ledger.watch(forCluster(this.open.provider, this.#identity)));
  }

  /** @throws DaskFleetError `CLOSED`, `WRONG_STATE` unless the cluster is up */
  live(what: string): Live {
    if (this.#end !== undefined && this.lifecycle.state !== "failed") {
      throw new DaskFleetError("CLOSED", this.#end.message);
    }
    this.lifecycle.assertRunning(what);
    const [running, access] = [this.#running, this.#access];
    if (running === undefined || access === undefined) throw new DaskFleetError("WRONG_STATE", `${what}: not running.`);
    return { running, access };
  }

  /** What a start would create. A look leaves no connection open. */
  async plan(look: boolean, { signal, timeoutMs }: WaitOptions): Promise<ClusterPlan> {
    const deadline = new Deadline(timeoutMs ?? this.open.options.startTimeoutMs, signal);
    try {
      return await within("the plan", deadline, (inner) => planCluster(this.#launchInput(), look, inner));
    } finally {
      if (look && this.lifecycle.state === "new") await this.open.provider.disconnect();
    }
  }

  async start(signal: AbortSignal | undefined): Promise<void> {
    await this.lifecycle.start(
      () => this.#start(signal),
      (error) => this.#rollBack(error),
    );
  }

  async #start(userSignal: AbortSignal | undefined): Promise<void> {
    const { closeRequested } = this.lifecycle;
    this.timeline.begin();
    const beganAt = performance.now();
    // This computer's own load says little about the next start.
    const isMeasured = this.open.provider.capabilities.endsWithProcess !== true;
    const durationMs = isMeasured ? await usualStartMs(this.open.name) : undefined;
    if (durationMs !== undefined) this.announcer.tell({ type: "expected", durationMs });
    const signal = userSignal === undefined ? closeRequested : AbortSignal.any([userSignal, closeRequested]);
    const { running } = await launch(this.#launchInput(), signal);
    await this.#openTo(running);
    this.#lookAfter();
    if (isMeasured) await rememberStart(this.open.name, performance.now() - beganAt);
  }

  /** Becomes a handle on a cluster that another process started. */
  async attach(
    record: ClusterRecord,
    { signal, standBy }: Pick<AttachOptions<never>, "signal" | "standBy">,
  ): Promise<void> {
    await this.lifecycle.start(
      async () => {
        await this.#attach(record, signal);
        if (standBy === true) this.#lookAfter();
      },
      async () => {
        await this.#running?.disconnect({ terminate: false });
        await this.open.provider.disconnect();
      },
    );
  }

  async #attach(record: ClusterRecord, signal: AbortSignal | undefined): Promise<void> {
    const { options, provider } = this.open;
    this.#identity = { name: this.name, ids: [record.id] };
    provider.state.restore(record.providerState);
    const deadline = new Deadline(options.startTimeoutMs, signal);
    const running = await attachTo(record, this.#launchInput(), deadline);
    this.#mustTakeDown(running);
    await this.#openTo(running);
    await this.#lead.want(record);
  }

  /** Ends this handle and leaves the cluster running. */
  async detach(): Promise<void> {
    if (this.#end !== undefined) {
      await this.close();
      return;
    }
    const { running, access } = this.live("detach()");
    await this.lifecycle.close(async () => {
      await access.end({ andCommands: true });
      await this.#handOver(running);
      await running.leave();
      await this.#lead.giveUp().catch((error: unknown) => this.announcer.warn(messageOf(error)));
      this.#exit.nothingLeft();
      this.#exit.end(undefined);
      await this.open.provider.disconnect();
    });
  }

  /** A failure leaves a cluster that cannot grow, and says so. */
  async #handOver({ spec }: RunningCluster): Promise<void> {
    try {
      if (this.leads && (await handOver({ spec, lead: this.#lead }))) this.announcer.warn(HANDED_OVER);
    } catch (error) {
      this.announcer.warn(`The CA's key was not handed over: nobody can add workers. ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    if (this.#end !== undefined) await this.#access?.endCommands();
    await this.lifecycle.close(() => this.#tearDown());
  }

  #launchInput(): LaunchInput {
    const { name: providerName, options } = this.open;
    return {
      clusterName: this.name,
      clusterId: this.id,
      providerName,
      options,
      verbs: this.verbs,
      ledger: this.#ledger,
      lead: this.#lead,
      timeline: this.timeline,
      emit: this.announcer.tell,
      onProgress: (soFar) => this.#mustTakeDown(soFar),
    };
  }

  #mustTakeDown(running: RunningCluster | undefined): void {
    this.#exit.begin();
    this.#running = running;
  }

  #lookAfter(): void {
    this.#running?.lookAfter((end) => this.#closeWithoutScheduler(end));
  }

  async #openTo(running: RunningCluster): Promise<void> {
    const { provider } = this.open;
    const { gatePlain } = provider.nodeExtras("scheduler");
    const environment = await provider.environment(this.#identity);
    const directory = stateDirectory(this.name);
    this.#access = await ClientAccess.open({ running, stateDirectory: directory, environment, gatePlain });
  }

  async #rollBack(error: unknown): Promise<void> {
    const isWanted = this.lifecycle.closeRequested.aborted;
    this.announcer.tell({ type: "rollback", isWanted, message: messageOf(error) });
    if (this.#exit.mayExist && !this.open.provider.hasMade()) {
      await removeOwnState(this.#identity).catch((trouble: unknown) => this.announcer.warn(messageOf(trouble)));
      this.#exit.nothingLeft();
      this.#lead.end();
    }
    await this.#tearDown().catch((trouble: unknown) => {
      const incomplete = new RollbackIncompleteError(error, trouble);
      this.announcer.warn(incomplete.message);
      throw incomplete;
    });
  }

  async #tearDown(): Promise<void> {
    const deadline = new Deadline(this.open.options.closeTimeoutMs);
    const endUse = async (by: Deadline): Promise<void> =>
      await this.#access?.end({ andCommands: this.#end === undefined, by });
    try {
      if (this.#exit.mayExist) {
        const known = { identity: this.#identity, inventory: this.#inventory, running: this.#running };
        await takeDown({ ...this.#launchInput(), ...known, className: this.#className, endUse }, deadline);
        this.#exit.nothingLeft();
        this.#lead.end();
      } else await endUse(deadline);
    } finally {
      await this.open.provider.disconnect();
    }
    this.#exit.end(this.#access);
  }

  /** A cluster without a scheduler is useless and still costs money. */
  #closeWithoutScheduler(end: ClusterEnd): void {
    if (this.lifecycle.closeRequested.aborted) return;
    this.#end = end;
    this.announcer.warn(end.message);
    this.lifecycle.close(() => this.#tearDown()).catch((error: unknown) => this.announcer.warn(messageOf(error)));
  }
}
