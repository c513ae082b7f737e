import type { SimMachine } from "../../core/machine.ts";
import type { BootVolume } from "./boot-volume.ts";
import type { LaunchPlan } from "./launch-plan.ts";
import { Resource } from "./resource.ts";
import type { Vnic } from "./vnic.ts";

/** As in `Instance.lifecycleState`. */
export type InstanceState = "PROVISIONING" | "RUNNING" | "STOPPING" | "STOPPED" | "TERMINATING" | "TERMINATED";

const STATES = {
  pending: "PROVISIONING",
  running: "RUNNING",
  stopping: "STOPPING",
  stopped: "STOPPED",
  gone: "TERMINATED",
} as const;

interface MadeInstance {
  readonly id: string;
  readonly plan: LaunchPlan;
  readonly region: string;
  readonly faultDomain: string;
  readonly displayName: string;
  readonly createdAt: number;
  readonly vnic: Vnic;
  readonly volume: BootVolume;
}

/** An instance, from the moment that its launch was accepted until lists forget it. */
export class Instance extends Resource {
  readonly plan: LaunchPlan;
  readonly faultDomain: string;
  readonly region: string;
  readonly vnic: Vnic;
  readonly volume: BootVolume;
  /** Undefined where the cloud found no host for it after it had accepted it. */
  machine: SimMachine | undefined;
  terminatedAt: number | undefined;
  isTerminating = false;
  /** The work request of its launch. */
  workRequestId = "";
  preservesVolume = false;

  constructor({ plan, region, faultDomain, vnic, volume, ...made }: MadeInstance) {
    const { freeformTags, definedTags, compartmentId } = plan.body;
    super({ ...made, compartmentId, freeformTags, definedTags });
    this.plan = plan;
    this.region = region;
    this.faultDomain = faultDomain;
    this.vnic = vnic;
    this.volume = volume;
  }

  get state(): InstanceState {
    if (this.terminatedAt !== undefined) return "TERMINATED";
    if (this.isTerminating) return "TERMINATING";
    return STATES[this.machine?.state ?? "pending"];
  }

  /** Whether it takes up a place on a host. */
  get takesCapacity(): boolean {
    return this.terminatedAt === undefined && this.machine !== undefined && this.machine.state !== "stopped";
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { plan } = this;
    const { body, shape, image, preemptible } = plan;
    const imageId = image?.id ?? this.volume.imageId ?? null;
    return {
      ...this.common(),
      availabilityDomain: plan.availabilityDomain,
      faultDomain: this.faultDomain,
      region: this.region,
      shape: shape.shape,
      shapeConfig: this.#shapeJson(),
      lifecycleState: this.state,
      imageId,
      sourceDetails: body.sourceDetails ?? { sourceType: "image", imageId },
      metadata: body.metadata ?? {},
      extendedMetadata: body.extendedMetadata ?? {},
      launchMode: "PARAVIRTUALIZED",
      launchOptions: {
        bootVolumeType: "PARAVIRTUALIZED",
        firmware: "UEFI_64",
        networkType: "PARAVIRTUALIZED",
        remoteDataVolumeType: "PARAVIRTUALIZED",
        isConsistentVolumeNamingEnabled: true,
        ...body.launchOptions,
        isPvEncryptionInTransitEnabled: this.isEncryptedInTransit,
      },
      instanceOptions: {
        areLegacyImdsEndpointsDisabled: body.instanceOptions?.areLegacyImdsEndpointsDisabled ?? false,
      },
      availabilityConfig: { recoveryAction: "RESTORE_INSTANCE", ...body.availabilityConfig },
      agentConfig: { isMonitoringDisabled: false, isManagementDisabled: false, ...body.agentConfig },
      preemptibleInstanceConfig: preemptible ? body.preemptibleInstanceConfig : null,
      instanceConfigurationId: plan.instanceConfigurationId ?? null,
      systemTags: {},
    };
  }

  get isEncryptedInTransit(): boolean {
    const { isPvEncryptionInTransitEnabled: direct, launchOptions } = this.plan.body;
    return direct ?? launchOptions?.isPvEncryptionInTransitEnabled ?? false;
  }

  #shapeJson(): Readonly<Record<string, unknown>> {
    const { shape, ocpus, memoryInGBs, body } = this.plan;
    return {
      ocpus,
      memoryInGBs,
      vcpus: ocpus * shape.vcpusPerOcpu,
      baselineOcpuUtilization: body.shapeConfig?.baselineOcpuUtilization ?? null,
      processorDescription: shape.processorDescription,
      networkingBandwidthInGbps: Math.max(1, Math.min(40, ocpus)),
      maxVnicAttachments: 2,
      gpus: shape.gpus,
      gpuDescription: shape.gpuDescription ?? null,
      localDisks: 0,
    };
  }
}
