import { join } from "node:path";

/** What all machines share, read-only. */
export interface LabImage {
  /** The root file system. */
  readonly root: string;
  /** What stands in for the internet. */
  readonly upstream: string;
}

/** Where the image is that the tests were started with. */
export function labFolder(): string {
  const folder = process.env["DASK_FLEET_LAB_IMAGE"];
  if (folder === undefined) throw new Error("Real machines need what `npm run test:machines` sets up");
  return folder;
}

/** Debian 12, with Dask. */
export function labImage(): LabImage {
  return imageIn(labFolder());
}

/** Debian 13, for its newer cloud-init; undefined if unavailable. */
export function newerImage(): LabImage | undefined {
  const folder = process.env["DASK_FLEET_LAB_NEWER_IMAGE"];
  return folder === undefined || folder === "" ? undefined : imageIn(folder);
}

function imageIn(folder: string): LabImage {
  return { root: join(folder, "root"), upstream: join(folder, "upstream") };
}
