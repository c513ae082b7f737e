import type { Resource } from "./registry.ts";

/** A volume that a launch asks for. */
export interface VolumePlan {
  readonly device: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly snapshotId: string | undefined;
  readonly deleteOnTermination: boolean;
}

/** A disk. It costs money while it is there, with or without its instance. */
export interface Volume extends Resource {
  readonly plan: VolumePlan;
  readonly zone: string;
  readonly createdAt: Date;
  /** Undefined once its instance is gone. */
  instanceId: string | undefined;
}
