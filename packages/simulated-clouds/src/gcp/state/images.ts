import { type Image, publicImages } from "../catalog/images.ts";
import { selfLink } from "../links.ts";
import type { ImageOptions } from "../options.ts";
import { newId, timestamp } from "./identity.ts";

/** The images that a project can see. */
export class Images {
  readonly #all: readonly Image[];
  readonly #ids = new Map<Image, string>();

  constructor(project: string, own: readonly ImageOptions[]) {
    const defaults = { project, architecture: "X86_64", diskSizeGb: 10, ageDays: 30 } as const;
    this.#all = [
      ...publicImages(),
      ...own.map((image): Image => {
        const given = Object.entries(image).filter(([, value]) => value !== undefined);
        return { ...defaults, name: image.name, ...(Object.fromEntries(given) as Partial<Image>) };
      }),
    ];
  }

  get projects(): ReadonlySet<string> {
    return new Set(this.#all.map(({ project }) => project));
  }

  of(project: string): readonly Image[] {
    return this.#all.filter((image) => image.project === project);
  }

  get(project: string, name: string): Image | undefined {
    return this.of(project).find((image) => image.name === name);
  }

  /** The newest image of a family that is not deprecated. */
  newestOf(project: string, family: string): Image | undefined {
    const current = this.of(project).filter((image) => image.family === family && image.state === undefined);
    return current.toSorted((a, b) => a.ageDays - b.ageDays)[0];
  }

  toJson(image: Image): Record<string, unknown> {
    const { project, name, family, architecture, diskSizeGb, ageDays, state } = image;
    const id = this.#ids.get(image) ?? newId();
    this.#ids.set(image, id);
    const path = `projects/${project}/global/images/${name}`;
    return {
      kind: "compute#image",
      id,
      creationTimestamp: timestamp(Date.now() - ageDays * 86_400_000),
      name,
      description: name,
      sourceType: "RAW",
      rawDisk: { source: "", containerType: "TAR" },
      status: "READY",
      ...(family === undefined ? {} : { family }),
      architecture,
      archiveSizeBytes: "3000000000",
      diskSizeGb: String(diskSizeGb),
      ...(state === undefined ? {} : { deprecated: { state } }),
      guestOsFeatures: ["VIRTIO_SCSI_MULTIQUEUE", "UEFI_COMPATIBLE", "GVNIC"].map((type) => ({ type })),
      storageLocations: ["us"],
      labelFingerprint: "42WmSpB8rSM=",
      selfLink: selfLink(path),
    };
  }
}
