import { newOcid } from "../ocid.ts";
import { Resource } from "./resource.ts";

interface MadeVolume {
  readonly region: string;
  readonly availabilityDomain: string;
  readonly compartmentId: string;
  readonly displayName: string;
  readonly createdAt: number;
  readonly sizeInGBs: number;
  readonly imageId: string | undefined;
}

/** The disk that an instance boots from. It costs money while it is there, whatever its instance is about. */
export class BootVolume extends Resource {
  readonly availabilityDomain: string;
  readonly sizeInGBs: number;
  readonly imageId: string | undefined;
  /** The instance that has it, or had it last. */
  instanceId: string | undefined;
  isAttached = false;
  terminatedAt: number | undefined;

  constructor({ region, ...made }: MadeVolume) {
    super({ ...made, id: newOcid("bootvolume", region) });
    this.availabilityDomain = made.availabilityDomain;
    this.sizeInGBs = made.sizeInGBs;
    this.imageId = made.imageId;
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { availabilityDomain, sizeInGBs, imageId } = this;
    return {
      ...this.common(),
      availabilityDomain,
      imageId: imageId ?? null,
      isHydrated: true,
      vpusPerGB: 10,
      sizeInGBs,
      sizeInMBs: sizeInGBs * 1024,
      lifecycleState: this.terminatedAt === undefined ? "AVAILABLE" : "TERMINATED",
    };
  }
}
