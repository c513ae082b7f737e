import { readFile } from "node:fs/promises";

import { DaskFleetError } from "../../../src/errors.ts";

/**
 * On Linux, /proc tells which processes are a machine's; Dask cannot do without it either (psutil).
 *
 * @throws DaskFleetError `CONFIG_INVALID` where it is not there, as in some chroots and sandboxes
 */
export async function checkProcesses(platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform !== "linux") return;
  const own = await readFile(`/proc/${process.pid}/stat`, "utf8").catch(() => "");
  if (own !== "") return;
  throw new DaskFleetError(
    "CONFIG_INVALID",
    "LocalCluster and Dask need /proc, which does not show this process: mount it (mount -t proc proc /proc).",
  );
}
