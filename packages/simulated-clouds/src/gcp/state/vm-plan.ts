import type { Image } from "../catalog/images.ts";
import type { MachineType } from "../catalog/machine-types.ts";
import type { ProvisioningModel } from "../options.ts";
import type { AccessConfigInput, InstanceInput } from "../resources.ts";
import type { Network, Subnetwork } from "./networks.ts";
import type { OperationWarning } from "./operations.ts";

/** A disk that a VM is made with. */
export interface DiskPlan {
  /** Its own name, if it differs from its VM's. */
  readonly name: string | undefined;
  readonly boot: boolean;
  readonly autoDelete: boolean;
  readonly deviceName: string | undefined;
  readonly sizeGb: number;
  readonly diskType: string;
  readonly image: Image | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** What happens to a VM when it is preempted or its time is over. */
type TerminationAction = "STOP" | "DELETE";

export interface SchedulingPlan {
  readonly model: ProvisioningModel;
  /** The old way of {@link model}: such a VM lives 24 hours at most. */
  readonly preemptible: boolean;
  readonly terminationAction: TerminationAction;
  readonly maxRunMs: number | undefined;
  /** When its time is over, in simulated milliseconds. */
  readonly terminationTime: number | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A VM that was asked for, checked and complete. */
export interface VmPlan {
  readonly project: string;
  readonly zone: string;
  readonly input: InstanceInput;
  readonly machineType: MachineType;
  readonly gpus: readonly { readonly type: string; readonly count: number }[];
  readonly disks: readonly DiskPlan[];
  readonly network: Network;
  readonly subnetwork: Subnetwork;
  /** What was asked for a public address with; undefined without one. */
  readonly accessConfig: AccessConfigInput | undefined;
  readonly stackType: Subnetwork["stackType"];
  /** Likewise, for a public IPv6 address. */
  readonly ipv6AccessConfig: AccessConfigInput | undefined;
  readonly tags: readonly string[];
  readonly scheduling: SchedulingPlan;
  readonly userData: Buffer | undefined;
  readonly warnings: readonly OperationWarning[];
}
