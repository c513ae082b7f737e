import type { HttpCloud, HttpCloudOptions, WireReply } from "@dask-fleet/simulated-clouds";

import type { VmOptions } from "../../src/cloud/cloud-options.ts";
import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import type { ClusterSummary } from "../../src/cluster/find/cluster-summary.ts";
import type { RemoveOptions, WaitOptions } from "../../src/cluster/handle-types.ts";
import type { ClusterStatus } from "../../src/cluster/status/cluster-status.ts";
import type { Finding } from "../../src/provider/checkup.ts";
import type { Resource } from "../../src/provider/machine.ts";
import type { ProviderManifest } from "../../src/provider/manifest.ts";
import type { Built, CallName, PlanVariant } from "./built/built.ts";
import type { Recorded, Recorder } from "./recorder.ts";

/** How a simulated cloud behaves, in terms common to all clouds. */
export interface Behaviour extends HttpCloudOptions {
  readonly pageSize?: number | undefined;
  /** Whether calls are limited at the rates that the cloud documents. @default false */
  readonly throttling?: boolean | undefined;
  /** The capacity in on-demand machines, the scheduler's included. @default any number */
  readonly room?: number | undefined;
  /** The capacity in spot machines. @default any number */
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

/** The statics of a provider's cluster class, pointed at the simulated cloud. */
export interface Statics {
  attach(name: string): Promise<ClusterManager>;
  list(): Promise<readonly ClusterSummary[]>;
  status(name: string): Promise<ClusterStatus>;
  remove(name: string, options?: OwnOptions, how?: RemoveOptions): Promise<void>;
  sweep(): Promise<readonly string[]>;
  doctor(options?: OwnOptions, how?: WaitOptions): AsyncIterable<Finding>;
}

/** A simulated cloud, and the clusters on it. */
export interface CloudUnderTest extends AsyncDisposable {
  readonly cloud: HttpCloud;
  /** What was asked of the cloud, whole. */
  readonly recorder: Recorder;
  /** Machines that exist still, in whatever state; not those that the cloud only remembers. */
  readonly machines: readonly MachineView[];
  readonly statics: Statics;
  /** The cluster's resources, to compare them with its plan. */
  built(clusterName: string): Built;
  /** Everything that still exists with the cluster's name in its tags. */
  leftovers(clusterName: string): readonly Resource[];
  /** Somebody writes other tags on a machine. What it consists of keeps its own. */
  retag(machineId: string, tags: Readonly<Record<string, string>>): void;
  /** A machine fails, or a spot machine is reclaimed. */
  kill(machineId: string): void;
  /** Sets the capacity in on-demand machines from now on. */
  setRoom(machines: number): void;
  /** A cluster on this cloud, not started. */
  cluster(options: ClusterOptions): ClusterManager;
}

/** What the suite needs from a provider; everything else is common to all. */
export interface ProviderUnderTest {
  readonly manifest: ProviderManifest;
  /** Options that say where on the cloud the suite's clusters are. */
  readonly where: Readonly<Record<string, string>>;
  /** As it stands in the titles of tests. */
  readonly name: string;
  /** How the user data's limit stands in an error, such as `16,384`. */
  readonly userDataLimit: string;
  /** The cloud's own messages for missing capacity and a used-up quota, which errors quote. */
  readonly words: { readonly capacity: RegExp; readonly quota: RegExp };
  /** Whether the cloud has spot machines. */
  readonly hasSpot: boolean;
  /** What gives workers, and only them, NVIDIA GPUs; undefined where the cloud has none. */
  readonly gpu: OwnOptions | undefined;
  /** What makes all machines Arm; undefined where the cloud has none. */
  readonly arm: OwnOptions | undefined;
  /** Whether the cloud offers console output. */
  readonly hasConsole: boolean;
  /** The operation that makes a start's workers, and how many such calls come before it. */
  readonly makesWorkers: { readonly operation: string; readonly nth: number };
  /** Calls that make 1,000 workers of three groups and a scheduler, at the most. */
  readonly createsForThousand: number;
  /** Calls of a look at a thousand machines, at the most. @default 4 */
  readonly callsOfALook?: number | undefined;
  /** For each option that says where a cluster is, a value that is not where the suite's clusters are. */
  readonly elsewhere: Readonly<Record<string, OwnOptions>>;
  /** Clusters with options of this provider alone, whose plans are held against what is made. */
  readonly planVariants: readonly PlanVariant[];
  /** The name of a call in plans. @default its operation */
  readonly callName?: CallName | undefined;
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
  /** Accepts a request that deletes machines without any effect. */
  pretendToDelete(request: Recorded): WireReply;
}
