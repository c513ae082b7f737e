import type { LaunchBody } from "../bodies/instance.ts";
import type { ImageEntry } from "../catalog/images.ts";
import type { ShapeEntry } from "../catalog/shapes.ts";
import type { BootVolume } from "./boot-volume.ts";
import type { VnicPlan } from "./vnic.ts";

/** A launch, checked and completed. */
export interface LaunchPlan {
  readonly body: LaunchBody;
  readonly availabilityDomain: string;
  /** The one that was asked for. */
  readonly faultDomain: string | undefined;
  readonly shape: ShapeEntry;
  readonly ocpus: number;
  readonly memoryInGBs: number;
  readonly image: ImageEntry | undefined;
  /** The volume that it boots from, where none is made. */
  readonly volume: BootVolume | undefined;
  readonly vnic: VnicPlan;
  readonly preemptible: boolean;
  readonly userData: Buffer | undefined;
  readonly instanceConfigurationId?: string | undefined;
}
