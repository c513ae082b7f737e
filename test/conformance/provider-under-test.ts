import type { HttpCloud, HttpCloudOptions, WireReply } from "@dask-fleet/simulated-clouds";

import type { VmOptions } from "../../src/cloud/cloud-options.ts";
import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import type { ClusterSummary, RemoveOptions } from "../../src/cluster/handle-types.ts";
import type { Resource } from "../../src/provider/machine.ts";
import type { ProviderManifest } from "../../src/provider/manifest.ts";
import type { Recorded, Recorder } from "./recorder.ts";

/** How a simulated cloud is to behave, in words that every cloud has. */
export interface Behaviour extends HttpCloudOptions {
  readonly pageSize?: number | undefined;
  /** Whether calls are limited at the rates that the cloud documents. @default false */
  readonly throttling?: boolean | undefined;
  /** How many ordinary machines there is room for, the scheduler's included. @default any number */
  readonly room?: number | undefined;
  /** How many spot machines there is room for. @default any number */
  readonly spotRoom?: number | undefined;
  /** How many machines of the provider's default type the account's quota allows, the scheduler's included. @default any number */
  readonly quota?: number | undefined;
}

/** A machine, as a test looks at it from outside. */
export interface MachineView {
  readonly id: string;
  /** The name of its Dask node. */
  readonly nodeName: string;
  readonly role: string | undefined;
  /** Whether Dask can run on it, now or soon. */
  readonly alive: boolean;
  readonly spot: boolean;
  /** Of its image. */
  readonly architecture: "x86_64" | "arm64";
  readonly tags: Readonly<Record<string, string>>;
  readonly privateAddress: string;
  readonly publicAddress: string | undefined;
  readonly userData: Buffer | undefined;
}

/** A thing that a request makes, and the tags that the request gives it. */
export interface Creation {
  /** The cloud's word for it, such as `volume`. */
  readonly kind: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type ClusterOptions = VmOptions;

/** Options of one provider alone. */
type OwnOptions = ClusterOptions & Readonly<Record<string, unknown>>;

/** The statics of a provider's cluster class, told where the simulated cloud is. */
export interface Statics {
  attach(name: string): Promise<ClusterManager>;
  list(): Promise<readonly ClusterSummary[]>;
  remove(name: string, options?: OwnOptions, how?: RemoveOptions): Promise<void>;
  sweep(): Promise<readonly string[]>;
}

/** A simulated cloud, and the clusters on it. */
export interface CloudUnderTest extends AsyncDisposable {
  readonly cloud: HttpCloud;
  /** What was asked of the cloud, whole. */
  readonly recorder: Recorder;
  /** Machines that exist still, in whatever state; not those that the cloud only remembers. */
  readonly machines: readonly MachineView[];
  readonly statics: Statics;
  /** Everything tagged with the cluster's name that still exists. */
  leftovers(clusterName: string): readonly Resource[];
  /** Somebody writes other tags on a machine. What it consists of keeps its own. */
  retag(machineId: string, tags: Readonly<Record<string, string>>): void;
  /** A machine fails, or a spot machine is taken back. */
  kill(machineId: string): void;
  /** From now on there is room for so many ordinary machines. */
  setRoom(machines: number): void;
  /** A cluster on this cloud, not started. */
  cluster(options: ClusterOptions): ClusterManager;
}

/** What the suite must know of a provider; everything else holds for all of them. */
export interface ProviderUnderTest {
  readonly manifest: ProviderManifest;
  /** Options that say where on the cloud the suite's clusters are. */
  readonly where: Readonly<Record<string, string>>;
  /** As it stands in the titles of tests. */
  readonly name: string;
  /** How the user data's limit stands in an error, such as `16,384`. */
  readonly userDataLimit: string;
  /** The cloud's own words where it is out of machines, and where a quota is used up: an error passes them on. */
  readonly words: { readonly capacity: RegExp; readonly quota: RegExp };
  /** Whether the cloud has spot machines. */
  readonly hasSpot: boolean;
  /** What gives workers, and only them, NVIDIA GPUs; undefined where the cloud has none. */
  readonly gpu: OwnOptions | undefined;
  /** What makes all machines Arm; undefined where the cloud has none. */
  readonly arm: OwnOptions | undefined;
  /** Whether the cloud lets one read what a machine has printed. */
  readonly hasConsole: boolean;
  /** The operation that makes a start's workers, and how many such calls come before it. */
  readonly makesWorkers: { readonly operation: string; readonly nth: number };
  /** Calls that make 1,000 workers and a scheduler, at the most. */
  readonly createsForThousand: number;
  /** Calls of a look at a thousand machines, at the most. @default 4 */
  readonly callsOfALook?: number | undefined;
  /** For each option that says where a cluster is, a value that is not where the suite's clusters are. */
  readonly elsewhere: Readonly<Record<string, OwnOptions>>;
  open(behaviour: Behaviour): Promise<CloudUnderTest>;
  /** A cluster on the cloud at that address; its credentials come from the environment. */
  cluster(endpoint: string, options: ClusterOptions): ClusterManager;
  /** Everything that a request makes; empty where it makes nothing. */
  creationsOf(request: Recorded): readonly Creation[];
  /** Ids of the machines that a request deletes. */
  deletionsOf(request: Recorded): readonly string[];
  /** Whether an operation changes anything. */
  isMutation(operation: string): boolean;
  /** Whether an operation makes machines. */
  makesMachines(operation: string): boolean;
  /** Refuses a call with that HTTP status, in the cloud's own form. */
  refusal(status: number): WireReply;
  /** Answers a request that deletes machines as if it had been accepted, although nothing happens. */
  pretendToDelete(request: Recorded): WireReply;
}
