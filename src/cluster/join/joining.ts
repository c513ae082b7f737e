import type { AgentLink } from "../../dask/agent/link.ts";
import type { Deadline } from "../../deadline.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { Machine } from "../../provider/machine.ts";
import type { GroupSizes } from "../../provider/worker-group.ts";
import type { ClusterSpec } from "../cluster-spec.ts";
import type { Lead } from "../lead/lead.ts";
import { assertCanGrow, takeOver, whyNoGrowth } from "./authority-in-record.ts";
import { JoinDesk } from "./join-desk.ts";
import { Registrar } from "./registrar.ts";
import { SchedulerJoin } from "./scheduler-join.ts";

export interface JoiningOptions {
  readonly spec: ClusterSpec;
  readonly verbs: ClusterProvider;
  readonly lead: Lead;
  readonly fleet: () => Fleet;
  readonly scheduler: () => Machine;
  /** Undefined while there is no connection, or no agent. */
  readonly link: () => AgentLink | undefined;
  readonly mayAct: () => Promise<boolean>;
  readonly troubles: Troubles;
  readonly warn: (message: string) => void;
}

/** How the machines of one cluster come by their certificates: first its scheduler, then workers, as long as it runs. */
export class Joining {
  readonly #options: JoiningOptions;
  readonly #registrar: Registrar;
  readonly #desk: JoinDesk;
  /** As its own lists have shown them: of workers that the fleet does not know yet, and of addresses. */
  #listed: ReadonlyMap<string, Machine> = new Map();

  constructor(options: JoiningOptions) {
    this.#options = options;
    const { spec, verbs, link, mayAct, troubles, warn } = options;
    this.#registrar = new Registrar({
      spec,
      provider: verbs,
      machineNamed: (name) => this.#machineNamed(name),
      onAlarm: (machine, why) => this.#alarm(machine, why),
      warn,
    });
    this.#desk = new JoinDesk({
      spec,
      link,
      mayAct,
      answer: (request, signal) => this.#registrar.answer(request, signal),
      lookAgain: async (signal) => {
        const machines = await verbs.list(signal);
        this.#listed = new Map(machines.map((machine) => [machine.nodeName, machine]));
      },
      pollIntervalMs: spec.capabilities.pollIntervalMs,
      listLagMs: spec.capabilities.listLagMs,
      troubles,
      warn,
    });
  }

  /**
   * What gives the scheduler its certificate before it answers; undefined where it has one.
   *
   * @param host the scheduler's address for this process
   */
  schedulerJoin(host: string): ((deadline: Deadline) => Promise<void>) | undefined {
    const { spec, lead, scheduler: machine } = this.#options;
    const { security } = spec;
    if (security?.delivery !== "join") return undefined;
    const answer: Registrar["answer"] = (request, signal) => this.#registrar.answer(request, signal);
    const join = new SchedulerJoin({ spec, security, lead, machine: machine(), host, answer });
    return (deadline) => join.attempt(deadline);
  }

  /** Answers workers from now on, where this process has the CA's key. */
  begin(): void {
    const { security } = this.#options.spec;
    if (security?.delivery === "join" && security.canGrow) this.#desk.begin();
  }

  /** Where this process leads: takes the CA's key that the launcher before has handed over, or says that new machines get no certificates. */
  async takeOver(): Promise<void> {
    const { spec, troubles } = this.#options;
    if (whyNoGrowth(spec) === undefined) return;
    // A record that cannot be read is one without the key.
    await takeOver(spec).catch(() => undefined);
    const why = whyNoGrowth(spec);
    if (why === undefined) this.begin();
    else troubles.tell("join", why);
  }

  /** Never rejects. */
  async stop(): Promise<void> {
    await this.#desk.stop();
  }

  /**
   * Refuses sizes before anything is set, if this process is the one that would have to make machines for them.
   *
   * @throws DaskFleetError `AUTHORITY_MISSING`
   */
  async assertCanGrowTo(sizes: GroupSizes): Promise<void> {
    const { spec, lead, fleet } = this.#options;
    const grows = Object.entries(sizes).some(([group, size]) => size > fleet().group(group).size);
    if (!grows || !lead.isHeld) return;
    // It may lead since a moment ago. Otherwise nothing is awaited: of two sizes the later one counts.
    if (whyNoGrowth(spec) !== undefined) await this.takeOver();
    assertCanGrow(spec);
  }

  #machineNamed(name: string): Machine | undefined {
    const { fleet, scheduler } = this.#options;
    if (scheduler().nodeName === name) return scheduler();
    const known = fleet().machineNamed(name);
    if (known?.privateAddress !== undefined) return known;
    const listed = this.#listed.get(name);
    // The list was taken before its deletion.
    return listed === undefined || fleet().hasDestroyed(listed.id) ? known : listed;
  }

  #alarm(machine: Machine, why: string): void {
    const { warn, fleet } = this.#options;
    const next =
      machine.role === "scheduler"
        ? "It is refused; the scheduler keeps the first key. If nobody has rebuilt this machine, start a new cluster"
        : "It is refused, and the machine is replaced";
    warn(`Alarm: ${why} (machine ${machine.id}). ${next}.`);
    if (machine.role === "worker") fleet().suspect(machine, why);
  }
}
