import { CloudNodes } from "../../src/cloud/cloud-nodes.ts";
import type { CloudProvider, ListOptions, Prepared } from "../../src/provider/cloud-provider.ts";
import type { ClusterIdentity } from "../../src/provider/identity.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  TaggedResource,
} from "../../src/provider/machine.ts";
import { clusterTags, isWhose, taggedMachine } from "../../src/provider/tags.ts";
import type { ResolvedMadeUpOptions } from "./options/schema.ts";

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

export class MadeUpProvider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: CloudNodes;
  readonly #moon: string;

  constructor(options: ResolvedMadeUpOptions) {
    this.#moon = options.moon;
    this.state = new CloudNodes(options);
    const { watching } = this.state;
    this.capabilities = { userDataLimitBytes: 65_536, userDataGzip: false, nodeNameFrom: "instance-id", ...watching };
  }

  async place(): Promise<{ readonly searched: Readonly<Record<string, string>> }> {
    return { searched: { moon: this.#moon } };
  }

  async prepare(): Promise<Prepared> {
    return {};
  }

  async create(_cluster: ClusterIdentity, { role, count, tags }: MachineRequest): Promise<CreatedMachines> {
    const machines = Array.from({ length: count }, (): MadeUpMachine => {
      const id = `m-${MACHINES.length + 1}`;
      const machine = { id, nodeName: id, role, state: "running", tags } as const;
      MACHINES.push(machine);
      return machine;
    });
    return { machines };
  }

  async list(
    cluster: ClusterIdentity,
    _signal: AbortSignal,
    { notRunning = false }: ListOptions = {},
  ): Promise<readonly Machine[]> {
    return MACHINES.filter(({ tags, state }) => isWhose(cluster, tags) && !(notRunning && state === "running"));
  }

  async destroy(_cluster: ClusterIdentity, machines: readonly Machine[]): Promise<void> {
    const ids = new Set(machines.map(({ id }) => id));
    MACHINES.splice(0, MACHINES.length, ...MACHINES.filter(({ id }) => !ids.has(id)));
  }

  async release(): Promise<void> {}

  async find(name: string | undefined): Promise<readonly TaggedResource[]> {
    const whose = name === undefined ? undefined : { name };
    return MACHINES.filter(({ tags }) => isWhose(whose, tags)).map(({ id, state, tags }) =>
      taggedMachine("moon machine", { id, state, createdAt: undefined }, tags),
    );
  }

  async console(): Promise<string> {
    return "";
  }
}
