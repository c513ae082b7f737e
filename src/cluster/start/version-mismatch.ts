import type { ClusterVersions, NodeVersions } from "../../dask/versions.ts";
import { printableName } from "../../text/printable.ts";

const LONGEST_VERSION = 40;
const MUST_AGREE = ["distributed", "dask", "msgpack", "cloudpickle"] as const;

/** Names the versions that differ between the scheduler and its workers; undefined if none that matters does. */
export function versionMismatch({ scheduler, workers }: ClusterVersions): string | undefined {
  const differences = new Set<string>();
  for (const worker of workers.values()) {
    for (const name of MUST_AGREE) {
      const [ours, theirs] = [scheduler.packages[name], worker.packages[name]];
      if (ours !== theirs) differences.add(`${name} ${shown(ours)} and ${shown(theirs)}`);
    }
    const [ours, theirs] = [minorOf(scheduler), minorOf(worker)];
    if (ours !== theirs) differences.add(`Python ${shown(ours)} and ${shown(theirs)}`);
  }
  if (differences.size === 0) return undefined;
  return `The scheduler and its workers run different versions: ${[...differences].join("; ")}.`;
}

function shown(version: string | undefined): string {
  return version === undefined ? "(none)" : printableName(version, LONGEST_VERSION);
}

function minorOf({ python }: NodeVersions): string {
  return python.split(".").slice(0, 2).join(".");
}
