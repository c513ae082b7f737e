import { VmCluster } from "../../src/cloud/vm-cluster.ts";
import type { Prepared } from "../../src/provider/cloud-provider.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  TaggedResource,
} from "../../src/provider/machine.ts";
import { clusterTags, isWhose, taggedMachine } from "../../src/provider/tags.ts";
import { type MadeUpClusterOptions, type ResolvedMadeUpOptions, resolveMadeUpOptions } from "./options.ts";

interface MadeUpMachine extends Machine {
  readonly tags: Readonly<Record<string, string>>;
}

/** All machines of this cloud, which is the memory of a process. One is there already. */
const MACHINES: MadeUpMachine[] = [
  {
    id: "m-1",
    nodeName: "m-1",
    role: "scheduler",
    state: "running",
    privateAddress: "10.0.0.1",
    tags: clusterTags({ name: "lab", id: "0123456789abcdef" }, "scheduler", undefined),
  },
];

export class MadeUpCluster extends VmCluster {
  static readonly provider = "made-up";
  readonly #options: ResolvedMadeUpOptions;

  constructor(options: MadeUpClusterOptions = {}) {
    const resolved = resolveMadeUpOptions("made_up", options);
    super(resolved);
    this.#options = resolved;
  }

  protected override get providerName(): string {
    return MadeUpCluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return { userDataLimitBytes: 65_536, userDataGzip: false, nodeNameFrom: "instance-id", ...this.watching };
  }

  protected override async place(): Promise<{ readonly searched: Readonly<Record<string, string>> }> {
    return { searched: { moon: this.#options.moon } };
  }

  protected override async prepare(): Promise<Prepared> {
    return {};
  }

  protected override async create({ role, count, tags }: MachineRequest): Promise<CreatedMachines> {
    const machines = Array.from({ length: count }, (): MadeUpMachine => {
      const id = `m-${MACHINES.length + 1}`;
      const machine = { id, nodeName: id, role, state: "running", tags } as const;
      MACHINES.push(machine);
      return machine;
    });
    return { machines };
  }

  protected override async list(): Promise<readonly Machine[]> {
    return MACHINES.filter(({ tags }) => isWhose(this.identity, tags));
  }

  protected override async destroy(machines: readonly Machine[]): Promise<void> {
    const ids = new Set(machines.map(({ id }) => id));
    MACHINES.splice(0, MACHINES.length, ...MACHINES.filter(({ id }) => !ids.has(id)));
  }

  protected override async find(name: string | undefined): Promise<readonly TaggedResource[]> {
    const whose = name === undefined ? undefined : { name };
    return MACHINES.filter(({ tags }) => isWhose(whose, tags)).map(({ id, state, tags }) =>
      taggedMachine("moon machine", { id, state, createdAt: undefined }, tags),
    );
  }
}
