// A third party's provider: it uses only what dask-fleet exports.
import { DaskFleetError, isWhose, taggedMachine } from "dask-fleet";
import type {
  CloudProvider,
  ClusterIdentity,
  ClusterPlace,
  CreatedMachines,
  Machine,
  MachineRequest,
  Prepared,
  TaggedResource,
} from "dask-fleet";

interface ToyMachine {
  readonly machine: Machine;
  readonly tags: Readonly<Record<string, string>>;
}

/** The toy's cloud: machines are entries of a map. */
export interface ToyCloud {
  readonly machines: Map<string, ToyMachine>;
  /** Where a scheduler's machine listens. */
  readonly schedulerPort: number;
  /** The capacity in machines. */
  readonly room: number;
  /** Called with each machine at its creation and deletion. */
  readonly power: (machine: Machine, on: boolean) => void;
}

let newest = 0;

export class ToyProvider implements CloudProvider {
  readonly capabilities = {
    userDataLimitBytes: 65_536,
    userDataGzip: true,
    nodeNameFrom: "instance-id",
    pollIntervalMs: 20,
    listLagMs: 0,
  } as const;
  readonly state = { save: () => ({}), restore: () => undefined };
  readonly #box: string;
  readonly #known: ToyCloud | undefined;

  constructor(box: string, cloud: ToyCloud | undefined) {
    this.#box = box;
    this.#known = cloud;
  }

  get #cloud(): ToyCloud {
    if (this.#known !== undefined) return this.#known;
    const message = `There is no box of toys named "${this.#box}".`;
    throw new DaskFleetError("CONFIG_INVALID", message, { meaning: "configuration" });
  }

  async prepare(): Promise<Prepared> {
    return { ports: { scheduler: this.#cloud.schedulerPort, dashboard: 8787, gate: 8788 } };
  }

  async create(cluster: ClusterIdentity, { role, count, tags }: MachineRequest): Promise<CreatedMachines> {
    const { machines, room, power } = this.#cloud;
    const made = Array.from({ length: Math.min(count, room - machines.size) }, (): Machine => {
      const id = `${cluster.name}-${role}-${(newest += 1)}`;
      const machine: Machine = { id, nodeName: id, role, state: "running", privateAddress: "127.0.0.1" };
      machines.set(id, { machine, tags });
      power(machine, true);
      return machine;
    });
    if (made.length === count) return { machines: made };
    const shortfall = new DaskFleetError("CAPACITY_UNAVAILABLE", "The toy box is full.", { meaning: "capacity" });
    return { machines: made, shortfall };
  }

  async list(cluster: ClusterIdentity): Promise<readonly Machine[]> {
    return this.#those(cluster).map(({ machine }) => machine);
  }

  async destroy(_cluster: ClusterIdentity, machines: readonly Machine[]): Promise<void> {
    for (const machine of machines) if (this.#cloud.machines.delete(machine.id)) this.#cloud.power(machine, false);
  }

  async release(): Promise<void> {}

  async find(clusterName: string | undefined): Promise<readonly TaggedResource[]> {
    const whose = clusterName === undefined ? undefined : { name: clusterName };
    return this.#those(whose).map(({ machine, tags }) =>
      taggedMachine("toy", { ...machine, createdAt: undefined }, tags),
    );
  }

  async console(): Promise<string> {
    return "";
  }

  async place(): Promise<ClusterPlace> {
    return { searched: { box: this.#box } };
  }

  #those(whose: ClusterIdentity | { readonly name: string } | undefined): ToyMachine[] {
    return [...this.#cloud.machines.values()].filter(({ tags }) => isWhose(whose, tags));
  }
}
