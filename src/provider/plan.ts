import type { MachineRole } from "./role.ts";
import type { Tags } from "./tags.ts";
import type { WorkerGroup } from "./worker-group.ts";

/** Parameters of `CloudProvider.plan`. */
export interface PlanRequest {
  /** The cluster's tags without the role. */
  readonly tags: Tags;
  /** The worker groups; one at least. */
  readonly groups: readonly WorkerGroup[];
  /**
   * Whether read-only calls may resolve what is known only to the cloud: image, zones, architecture, this computer's address. With
   * `false`, the plan makes no call and needs no credentials.
   */
  readonly look: boolean;
  /** Whether the options name the cluster: a start looks for others of that name. */
  readonly isNamed: boolean;
}

/** A line of a plan: where the cluster will be. */
export interface PlannedPlace {
  /** What it is, such as `region`. */
  readonly name: string;
  /** Its value, or in words how it is found at the start. */
  readonly value: string;
}

/** How a cloud sells a machine. */
export type PlannedMarket = "spot" | "on-demand";

/** Equal machines: the scheduler's, or those of a worker group. */
export interface PlannedMachines {
  /** Their role in the Dask cluster. */
  readonly role: MachineRole;
  /** The worker group, `default` without named groups; undefined for the scheduler. */
  readonly group: string | undefined;
  /** How many. */
  readonly count: number;
  /** Their name; `*` is a part that is known only when they are created. */
  readonly name: string;
  /** Instance types, in the order in which they are tried. Empty where there are none. */
  readonly types: readonly string[];
  /** Markets, in the order in which they are tried. */
  readonly markets: readonly PlannedMarket[];
  /** The image's id, or in words how it is found at the start. Undefined where there is none. */
  readonly image?: string | undefined;
  /** Undefined: that of the type, which the provider looks up at the start. */
  readonly architecture?: "x86_64" | "arm64" | undefined;
  /** Size of each machine's disk. Undefined: the type's own. */
  readonly diskGiB?: number | undefined;
  /** Whether each has a public address. All have a private one. */
  readonly publicAddress: boolean;
  /** GPUs in words, such as `NVIDIA, of the type`; undefined without. */
  readonly gpu?: string | undefined;
  /** The cloud's page of prices for these machines. Undefined where they cost nothing. */
  readonly pricePage?: string | undefined;
  /** All tags of each machine. */
  readonly tags: Tags;
}

/** Equal resources that a start creates besides its machines. */
export interface PlannedResource {
  /** The provider's word for it, such as `security group`. */
  readonly kind: string;
  /** Its name; `*` is a part that is known only when it is created. */
  readonly name: string;
  /** How many of that name. */
  readonly count: number;
  /** When it is deleted: with the cluster, with the machine it belongs to, or never, as it is shared and costs nothing. */
  readonly goesWith: "cluster" | "machine" | "nothing";
}

/** What a firewall lets in from outside of the cluster. */
export interface PlannedDoor {
  /** Whose machines it leads to. */
  readonly to: MachineRole;
  /** What it lets through. */
  readonly protocol: "tcp";
  /** The ports. */
  readonly ports: readonly number[];
  /** Ranges in CIDR notation, or in words how they are found at the start. */
  readonly from: readonly string[];
}

/** Who reaches the machines. */
export interface PlannedAccess {
  /** Whose firewall: created for the cluster, or the user's own by name. Undefined: no firewall. */
  readonly firewall: "created" | readonly string[] | undefined;
  /** Doors of a created firewall. */
  readonly doors: readonly PlannedDoor[];
  /** What else may come in from outside, in words, such as `nothing else comes in`. Undefined for a firewall of the user's own. */
  readonly others?: string | undefined;
  /** What is open between the cluster's machines, in words. */
  readonly inside: string;
}

/** A call of the cloud's API. */
export interface PlannedCall {
  /** By the cloud's name, such as `RunInstances`. */
  readonly name: string;
  /** How often at least. */
  readonly least: number;
  /** How often at most, when nothing fails; undefined for calls that wait. */
  readonly most: number | undefined;
  /** Whether it creates, changes or deletes anything. */
  readonly changes: boolean;
}

/** The calls of a cluster that nothing goes wrong with. */
export interface PlannedCalls {
  /** Until all workers have joined. */
  readonly start: readonly PlannedCall[];
  /** Until nothing is left. */
  readonly close: readonly PlannedCall[];
}

/** What a provider would create for a cluster. */
export interface ProviderPlan {
  /** Where, for a sentence: `in us-east-1`. Undefined where there is nothing to say. */
  readonly where?: string | undefined;
  /** Where, line by line. */
  readonly place: readonly PlannedPlace[];
  /** The scheduler's machine first, then a line for each worker group. */
  readonly machines: readonly PlannedMachines[];
  /** Everything else that is created. */
  readonly resources: readonly PlannedResource[];
  /** Who reaches the machines. */
  readonly access: PlannedAccess;
  /** Calls by name. Undefined: the provider does not tell, or makes none. */
  readonly calls?: PlannedCalls | undefined;
  /** What machines do when the cluster ends by itself; a sentence. */
  readonly atTheEnd?: string | undefined;
  /** What is charged for until when; a sentence. Undefined where nothing is. */
  readonly costs?: string | undefined;
}

/** The plan of a provider that does not describe its own: the machines, by number. */
export function plainPlan({ name }: { readonly name: string }, { tags, groups }: PlanRequest): ProviderPlan {
  const machines = (role: MachineRole, group: string | undefined, count: number): PlannedMachines => ({
    role,
    group,
    count,
    name: `${name}-*`,
    types: [],
    markets: [],
    publicAddress: false,
    tags,
  });
  return {
    place: [],
    machines: [machines("scheduler", undefined, 1), ...groups.map((each) => machines("worker", each.name, each.size))],
    resources: [],
    access: { firewall: undefined, doors: [], inside: "not described by this provider" },
  };
}
