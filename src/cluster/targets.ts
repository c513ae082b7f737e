import type { Membership } from "../dask/agent/membership-watcher.ts";
import { isUnreachable } from "../dask/dask-errors.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Troubles } from "../fleet/troubles.ts";
import type { ProgressEvent } from "../progress.ts";
import type { GroupSizes } from "../provider/worker-group.ts";
import type { GroupBounds } from "../state/intended-bounds.ts";
import { Adapting } from "./adapting.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { Lead } from "./lead/lead.ts";
import { SharedWishes } from "./lead/shared-wishes.ts";
import { leaderAdapts } from "./record.ts";

export interface TargetsOptions {
  readonly spec: Pick<ClusterSpec, "clusterName" | "groups" | "options" | "group">;
  readonly lead: Lead;
  readonly fleet: Fleet;
  readonly troubles: Troubles;
  readonly scheduler: () => SchedulerClient | undefined;
  /** The workers as the agent tells them; undefined where it does not. */
  readonly membership: () => Membership | undefined;
  /** Whether the heartbeat reports a silent scheduler. */
  readonly hasHeartbeat: () => boolean;
  readonly emit: (event: ProgressEvent) => void;
}

/** The sizes that the groups are to have, and which of them adapt: any process may say so, the leader carries it out. */
export class Targets {
  readonly #options: TargetsOptions;
  readonly #wishes: SharedWishes;
  readonly #adapting: Adapting;
  /** The bounds that were read last. */
  #bounds: GroupBounds = {};

  constructor(options: TargetsOptions) {
    const { spec, lead, fleet, troubles, scheduler, membership, hasHeartbeat, emit } = options;
    this.#options = options;
    this.#wishes = new SharedWishes({ spec, lead, troubles });
    this.#adapting = new Adapting({
      spec,
      fleet,
      scheduler,
      membership,
      setTargets: async (sizes) => await this.#wishes.adaptTo(sizes, (still) => this.#aimAt(still, "adapt")),
      isToldElsewhere: (error) => isUnreachable(error) && hasHeartbeat(),
      warn: (message) => emit({ type: "warning", message }),
    });
  }

  /** Whether any group adapts, as far as this process knows. */
  get isAdapting(): boolean {
    return this.#adapting.isOn;
  }

  /** The most worker machines under present targets and bounds. */
  get most(): number {
    const { groups } = this.#options.fleet;
    return groups.reduce((sum, { name, target }) => sum + Math.max(target, this.#adapting.maximumOf(name)), 0);
  }

  /** Sets the targets of some groups, also for the leader in another process; they do not adapt any more. */
  async set(sizes: GroupSizes): Promise<void> {
    await this.#adapting.stop(...Object.keys(sizes));
    await this.#wishes.setSizes(sizes, () => {
      this.#forget(Object.keys(sizes));
      this.#aimAt(sizes, "scale");
    });
  }

  /** Has the leader adapt these groups, also after this process has ended. Others go on as they are. */
  async adapt(bounds: GroupBounds): Promise<void> {
    const { lead, spec } = this.#options;
    await this.#wishes.setBounds(bounds, () => {
      this.#bounds = { ...this.#bounds, ...bounds };
      if (lead.isHeld) this.#adapting.follow(this.#bounds);
    });
    // A leader of an older version follows sizes only.
    if (lead.isHeld || (await leaderAdapts(spec.clusterName)) !== false) return;
    for (const [group, each] of Object.entries(bounds)) this.#adapting.begin(group, each);
  }

  /** The groups keep their present sizes. Default: all groups. */
  async stopAdapting(...groups: readonly string[]): Promise<void> {
    const names = groups.length === 0 ? this.#options.fleet.groups.map(({ name }) => name) : groups;
    await this.#adapting.stop(...names);
    await this.#wishes.setBounds(Object.fromEntries(names.map((name) => [name, undefined])), () => this.#forget(names));
  }

  /** Takes in what other processes have set. Returns whether another process may have written something, such as a lease. */
  async follow(): Promise<boolean> {
    const { fleet, lead } = this.#options;
    const isNews = await this.#wishes.look(({ sizes, bounds }) => {
      this.#bounds = bounds;
      for (const [name, intended] of Object.entries(sizes)) {
        const { target } = fleet.group(name);
        // A request for more resets the back-off.
        if (intended !== target) fleet.setTarget({ [name]: intended }, { anew: intended > target });
      }
    });
    this.#adapting.follow(lead.isHeld ? this.#bounds : {});
    return isNews;
  }

  /** This process adapts no more. What was wished stays, for the next leader. */
  async rest(): Promise<void> {
    await this.#adapting.stop();
  }

  #forget(groups: readonly string[]): void {
    this.#bounds = Object.fromEntries(Object.entries(this.#bounds).filter(([name]) => !groups.includes(name)));
  }

  #aimAt(sizes: GroupSizes, reason: "scale" | "adapt"): void {
    // Adapting does not interrupt long-running work.
    this.#options.fleet.setTarget(sizes, { onlyOffered: reason === "adapt", anew: reason === "scale" });
    for (const [group, workers] of Object.entries(sizes)) {
      this.#options.emit({ type: "target", workers, group, reason });
    }
  }
}
