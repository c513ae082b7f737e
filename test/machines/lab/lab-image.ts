import { join } from "node:path";

/** What all machines have in common; none of it is ever changed. */
export interface LabImage {
  /** The root file system. */
  readonly root: string;
  /** Container images for the machines' container engine. */
  readonly containers: string;
}

export function labImage(): LabImage {
  const folder = process.env["DASK_FLEET_LAB_IMAGE"];
  if (folder === undefined) throw new Error("Real machines need what `npm run test:machines` sets up");
  return { root: join(folder, "root"), containers: join(folder, "containers") };
}
