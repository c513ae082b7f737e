import type { JobStatus } from "../../dask/agent/jobs.ts";
import type { ClusterPlace } from "../../provider/place.ts";
import type { ListedState } from "../find/cluster-summary.ts";
import type { ClusterWorker } from "../handle-types.ts";
import type { PresentTrouble } from "../lead/present-trouble.ts";

/** A worker group at a glance. */
export interface GroupStatus {
  /** Its name; `default` without `groups`. */
  readonly name: string;
  /** Worker machines wished for. */
  readonly target: number;
  /** The lower bound of every target. */
  readonly minimum: number;
  /** The upper bound of every target. Undefined: none. */
  readonly maximum: number | undefined;
  /** Machines in the provider's list that run or boot. Undefined where the list failed. */
  readonly machines: number | undefined;
  /** Machines whose workers have joined. Undefined where the list failed or the scheduler does not answer. */
  readonly joined: number | undefined;
  /** Machines in the list whose workers have not all joined yet. Undefined as `joined`. */
  readonly booting: number | undefined;
  /** Abstract resources of each of its workers, such as `{ GPU: 1 }`. */
  readonly resources: Readonly<Record<string, number>>;
  /** The bounds within which it follows Dask's adaptive target. Undefined: it does not. */
  readonly adapting:
    | {
        /** Never fewer worker machines. */
        readonly minimum: number;
        /** Never more worker machines. */
        readonly maximum: number;
      }
    | undefined;
}

/** The workers on the scheduler's own machine (`singleNode`), which belong to no group. */
export interface BesideStatus {
  /** Workers that take tasks. Undefined where the scheduler does not answer. */
  readonly joined: number | undefined;
  /** Their number by the options; undefined when only the machine can tell. */
  readonly wanted: number | undefined;
}

/** What ends the cluster by itself, and how near that is. */
export interface EndStatus {
  /** It ends after this time without work, in milliseconds. Undefined: never. */
  readonly idleTimeoutMs: number | undefined;
  /** How long there has been no work, in milliseconds. Undefined while there is, or where nothing tells. */
  readonly idleForMs: number | undefined;
  /** It ends after this time without a client, launcher or work, in milliseconds. Undefined: never. */
  readonly noClientTimeoutMs: number | undefined;
  /** How long there has been none of them, in milliseconds. Undefined where nothing tells. */
  readonly aloneForMs: number | undefined;
  /** Dask clients that are connected. Undefined where nothing tells. */
  readonly clients: number | undefined;
  /** The deadline of `setDeadline()`. */
  readonly deadline: Date | undefined;
  /** When the machines expire (`maxLifetimeMs`). */
  readonly expiresAt: Date | undefined;
}

/** A cluster at a glance: plain data. */
export interface ClusterStatus {
  /** The cluster's name. */
  readonly name: string;
  /** Unique among clusters of that name; undefined for a cluster of an older version. */
  readonly id: string | undefined;
  /** The provider's section in Dask's configuration, such as `ec2`. */
  readonly provider: string;
  /** Where it is; undefined on this computer. */
  readonly place: ClusterPlace | undefined;
  /** The cluster in a word. */
  readonly state: ListedState;
  /** When its start began. */
  readonly createdAt: Date | undefined;
  /** The scheduler's address for clients; undefined where its machine is not found. */
  readonly schedulerAddress: string | undefined;
  /** Dask's version on the scheduler; undefined where it does not answer. */
  readonly daskVersion: string | undefined;
  /** Its worker groups. */
  readonly groups: readonly GroupStatus[];
  /** The workers on the scheduler's machine; undefined without `singleNode`. */
  readonly beside: BesideStatus | undefined;
  /** The registered workers; undefined where the scheduler does not answer. */
  readonly workers: readonly ClusterWorker[] | undefined;
  /** The jobs that are not over; undefined where nothing tells. */
  readonly jobs: readonly JobStatus[] | undefined;
  /** What ends it by itself. */
  readonly ends: EndStatus;
  /** The process that leads it; undefined: nobody looks after it. */
  readonly launcher:
    | {
        /** Its process number on that computer. */
        readonly pid: number;
        /** The computer's host name. */
        readonly host: string;
      }
    | undefined;
  /** Present troubles, as the leading process has last told them. */
  readonly troubles: readonly PresentTrouble[];
  /** Without a launcher: what goes on all the same, in whole sentences. */
  readonly goesOn: readonly string[];
  /** Without a launcher: what does not happen, in whole sentences. */
  readonly waits: readonly string[];
  /** What could not be found out, and why, in whole sentences, printable. */
  readonly unknown: readonly string[];
}
