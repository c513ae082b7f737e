import type { ProgressEvent } from "../progress.ts";
import type { ClusterProvider } from "../provider/complete-provider.ts";
import type { Machine } from "../provider/machine.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { CreationLedger } from "./end/creation-ledger.ts";
import type { Lead } from "./lead/lead.ts";

/** What a {@link RunningCluster} is made of. */
export interface RunningClusterOptions {
  readonly spec: ClusterSpec;
  readonly verbs: ClusterProvider;
  readonly ledger: CreationLedger;
  readonly schedulerMachine: Machine;
  /** When the cluster was started. @default now */
  readonly since?: Date | undefined;
  readonly emit: (event: ProgressEvent) => void;
  /** A follower only writes the intended sizes. */
  readonly lead: Lead;
}
