import type { Instance, InstanceState } from "./state/instance.ts";

/** An instance, as a test looks at it. */
export interface OciMachineView {
  readonly id: string;
  /** Its display name. */
  readonly name: string;
  readonly state: InstanceState;
  readonly availabilityDomain: string;
  readonly faultDomain: string;
  readonly compartmentId: string;
  readonly shape: string;
  readonly ocpus: number;
  readonly memoryInGBs: number;
  readonly preemptible: boolean;
  /** The display name of its image. */
  readonly image: string | undefined;
  readonly freeformTags: Readonly<Record<string, string>>;
  readonly definedTags: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly subnetId: string;
  readonly nsgIds: readonly string[];
  readonly privateAddress: string;
  readonly publicAddress: string | undefined;
  /** As cloud-init reads it, its base64 taken off. */
  readonly userData: Buffer | undefined;
  readonly isEncryptedInTransit: boolean;
  /** Whether its metadata service answers without a header, as version 1 does. */
  readonly hasLegacyImds: boolean;
  readonly bootVolumeId: string;
}

export function machineView(instance: Instance): OciMachineView {
  const { plan, vnic } = instance;
  return {
    id: instance.id,
    name: instance.displayName,
    state: instance.state,
    availabilityDomain: plan.availabilityDomain,
    faultDomain: instance.faultDomain,
    compartmentId: instance.compartmentId,
    shape: plan.shape.shape,
    ocpus: plan.ocpus,
    memoryInGBs: plan.memoryInGBs,
    preemptible: plan.preemptible,
    image: plan.image?.displayName,
    freeformTags: instance.freeformTags,
    definedTags: instance.definedTags,
    metadata: plan.body.metadata ?? {},
    subnetId: vnic.subnet.id,
    nsgIds: vnic.groupIds,
    privateAddress: vnic.privateIp,
    publicAddress: vnic.publicIp,
    userData: plan.userData,
    isEncryptedInTransit: instance.isEncryptedInTransit,
    hasLegacyImds: !(plan.body.instanceOptions?.areLegacyImdsEndpointsDisabled ?? false),
    bootVolumeId: instance.volume.id,
  };
}
