import type { ClusterProvider, CompleteProvider } from "../../provider/complete-provider.ts";
import type { Machine, Resource } from "../../provider/machine.ts";
import type { ClusterPlace } from "../../provider/place.ts";
import type { CreationLedger } from "./creation-ledger.ts";

/** The resources of a cluster that may exist, as far as this process knows without asking the cloud. */
export class Inventory {
  readonly #ledger: CreationLedger;
  readonly #provider: Pick<CompleteProvider, "capabilities" | "ownThings">;
  /** Machines of the last list that this process did not create. */
  #others: readonly Machine[] = [];
  /** When a deletion was accepted, for machines that no list has lacked since. */
  readonly #ending = new Map<string, number>();
  /** Those of them that a list has shown. */
  readonly #seen = new Set<string>();
  /** Resources other than machines in the provider's last list, during a close. */
  #listed: readonly Resource[] = [];
  /** When the provider was asked for its last list. */
  #listedAt = Number.NEGATIVE_INFINITY;
  /** Machines that calls under way create. */
  #asked = 0;
  #isPreparing = false;
  #place: ClusterPlace | undefined;

  constructor(ledger: CreationLedger, provider: Pick<CompleteProvider, "capabilities" | "ownThings">) {
    this.#ledger = ledger;
    this.#provider = provider;
  }

  /** Where the cluster is; undefined until the provider was asked. */
  get place(): ClusterPlace | undefined {
    return this.#place;
  }

  /** Machines that nobody has deleted yet. */
  get machines(): readonly Machine[] {
    const all = new Map([...this.#others, ...this.#ledger.made].map((machine) => [machine.id, machine]));
    return [...all.values()].filter(({ id, state }) => state !== "ending" && !this.#ending.has(id));
  }

  /** Machines whose deletion was accepted but not confirmed. */
  get ending(): readonly string[] {
    const listed = this.#others.filter(({ state }) => state === "ending").map(({ id }) => id);
    return [...new Set([...this.#ending.keys(), ...listed])];
  }

  /** Everything else: firewalls, addresses, disks … */
  get things(): readonly Resource[] {
    const machines = new Set([...this.machines.map(({ id }) => id), ...this.ending]);
    const all = [...this.#listed, ...this.#provider.ownThings()].filter(({ id }) => !machines.has(id));
    return [...new Map(all.map((thing) => [`${thing.kind} ${thing.id}`, thing])).values()];
  }

  /** Resources that may exist without a known id. */
  get unknown(): readonly string[] {
    const lostAt = performance.now() - this.#ledger.sinceLastLostMs;
    // Ends with the first list that must show them.
    const isLost = this.#asked === 0 && this.#listedAt < lostAt + this.#provider.capabilities.listLagMs;
    return [
      ...(this.#isPreparing ? ["parts of its network"] : []),
      ...(this.#asked > 0 ? [this.#asked === 1 ? "a machine" : `${this.#asked} machines`] : []),
      ...(isLost ? ["machines"] : []),
    ];
  }

  /** The verbs; what they create, list and remove is recorded here. */
  watch(verbs: ClusterProvider): ClusterProvider {
    return {
      ...verbs,
      place: async (how, signal) => (this.#place = await verbs.place(how, signal)),
      prepare: async (request, signal) => {
        this.#isPreparing = true;
        const prepared = await verbs.prepare(request, signal);
        this.#isPreparing = false;
        return prepared;
      },
      create: async (request, signal) => {
        this.#asked += request.count;
        try {
          return await verbs.create(request, signal);
        } finally {
          this.#asked -= request.count;
        }
      },
      list: async (signal, options) => {
        const askedAt = performance.now();
        const machines = await verbs.list(signal, options);
        // A list of what does not run says nothing of machines that it lacks.
        if (options?.notRunning !== true)
          this.#sawMachines(machines, askedAt - this.#provider.capabilities.listLagMs, askedAt);
        return machines;
      },
      destroy: async (machines, signal) => {
        await verbs.destroy(machines, signal);
        for (const { id } of machines) this.#ending.set(id, performance.now());
      },
      resources: async (signal) => {
        const listed = await verbs.resources(signal);
        this.#isPreparing = false;
        this.#listed = listed;
        return listed;
      },
    };
  }

  /** @param lagsAfter machines that were created later may be missing from the list */
  #sawMachines(machines: readonly Machine[], lagsAfter: number, askedAt: number): void {
    this.#listedAt = askedAt;
    const made = new Set(this.#ledger.made.map(({ id }) => id));
    this.#others = machines.filter(({ id }) => !made.has(id));
    const states = new Map(machines.map(({ id, state }) => [id, state]));
    for (const id of states.keys()) this.#seen.add(id);
    for (const [id, acceptedAt] of this.#ending) {
      const isGone = !states.has(id) && acceptedAt < (this.#seen.has(id) ? askedAt : lagsAfter);
      const isBack = states.has(id) && states.get(id) !== "ending" && acceptedAt < askedAt;
      if (isGone || isBack) this.#ending.delete(id);
    }
  }
}
