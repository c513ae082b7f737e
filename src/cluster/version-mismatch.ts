import type { ClusterVersions, NodeVersions } from "../dask/versions.ts";

const MUST_AGREE = ["distributed", "dask", "msgpack", "cloudpickle"] as const;

/** One sentence on what differs between the scheduler and its workers, or undefined if nothing that matters does. */
export function versionMismatch({ scheduler, workers }: ClusterVersions): string | undefined {
  const differences = new Set<string>();
  for (const worker of workers.values()) {
    for (const name of MUST_AGREE) {
      const [ours, theirs] = [scheduler.packages[name], worker.packages[name]];
      if (ours !== theirs) differences.add(`${name} ${ours ?? "(none)"} and ${theirs ?? "(none)"}`);
    }
    const [ours, theirs] = [minorOf(scheduler), minorOf(worker)];
    if (ours !== theirs) differences.add(`Python ${ours} and ${theirs}`);
  }
  if (differences.size === 0) return undefined;
  return `The scheduler and its workers run different versions: ${[...differences].join("; ")}.`;
}

function minorOf({ python }: NodeVersions): string {
  return python.split(".").slice(0, 2).join(".");
}
