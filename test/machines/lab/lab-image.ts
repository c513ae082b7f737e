import { join } from "node:path";

/** What all machines have in common; none of it is ever changed. */
export interface LabImage {
  /** The root file system. */
  readonly root: string;
  /** Container images for the machines' container engine. */
  readonly containers: string;
}

/** Debian 12, with Dask and a container engine. */
export function labImage(): LabImage {
  const image = imageIn("DASK_FLEET_LAB_IMAGE");
  if (image === undefined) throw new Error("Real machines need what `npm run test:machines` sets up");
  return image;
}

/** Debian 13, for its newer cloud-init; undefined where it could not be had. */
export function newerImage(): LabImage | undefined {
  return imageIn("DASK_FLEET_LAB_NEWER_IMAGE");
}

function imageIn(variable: string): LabImage | undefined {
  const folder = process.env[variable];
  return folder === undefined || folder === ""
    ? undefined
    : { root: join(folder, "root"), containers: join(folder, "containers") };
}
