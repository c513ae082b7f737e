import { selfLink } from "../links.ts";
import { fingerprintOf, newId, timestamp } from "./identity.ts";
import type { DiskPlan } from "./vm-plan.ts";

/** A persistent disk: billed for as long as it is there, whatever becomes of its VM. */
export class Disk {
  readonly id = newId();
  readonly project: string;
  readonly zone: string;
  readonly name: string;
  readonly plan: DiskPlan;
  readonly createdAt: number;
  /** The labels of the VM that it was created for, to identify its cluster. */
  readonly madeFor: Readonly<Record<string, string>>;
  /** The path of the VM that has it. */
  user: string | undefined;

  constructor(
    place: { readonly project: string; readonly zone: string; readonly name: string },
    plan: DiskPlan,
    user: { readonly path: string; readonly labels: Readonly<Record<string, string>> },
    createdAt: number,
  ) {
    this.project = place.project;
    this.zone = place.zone;
    this.name = place.name;
    this.plan = plan;
    this.user = user.path;
    this.madeFor = user.labels;
    this.createdAt = createdAt;
  }

  get path(): string {
    return `projects/${this.project}/zones/${this.zone}/disks/${this.name}`;
  }

  toJson(): Record<string, unknown> {
    const { sizeGb, diskType, image, labels } = this.plan;
    const zonePath = `projects/${this.project}/zones/${this.zone}`;
    return {
      kind: "compute#disk",
      id: this.id,
      creationTimestamp: timestamp(this.createdAt),
      name: this.name,
      sizeGb: String(sizeGb),
      zone: selfLink(zonePath),
      status: "READY",
      selfLink: selfLink(this.path),
      type: selfLink(`${zonePath}/diskTypes/${diskType}`),
      ...(image === undefined
        ? {}
        : {
            sourceImage: selfLink(`projects/${image.project}/global/images/${image.name}`),
            architecture: image.architecture,
            guestOsFeatures: [{ type: "UEFI_COMPATIBLE" }, { type: "GVNIC" }],
          }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      labelFingerprint: fingerprintOf(labels),
      ...(this.user === undefined ? {} : { users: [selfLink(this.user)] }),
      physicalBlockSizeBytes: "4096",
    };
  }

  /** What an instance says of it. */
  attachedJson(index: number): Record<string, unknown> {
    const { boot, autoDelete, deviceName, sizeGb, image } = this.plan;
    return {
      kind: "compute#attachedDisk",
      type: "PERSISTENT",
      mode: "READ_WRITE",
      source: selfLink(this.path),
      deviceName: deviceName ?? `persistent-disk-${index}`,
      index,
      boot,
      autoDelete,
      interface: "SCSI",
      diskSizeGb: String(sizeGb),
      ...(image === undefined
        ? {}
        : { architecture: image.architecture, guestOsFeatures: [{ type: "UEFI_COMPATIBLE" }] }),
    };
  }
}
