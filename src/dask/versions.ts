import { printableName } from "../text/printable.ts";
import type { Field } from "./fields.ts";

/** The versions on one node (`get_versions`, distributed/versions.py). */
export interface NodeVersions {
  /** Such as `3.11.7`. */
  readonly python: string;
  /** Such as `Linux`. */
  readonly os: string;
  /** Such as `x86_64`. */
  readonly machine: string;
  /** Package versions by name: `dask`, `distributed`, `numpy`, …; absent packages are omitted. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface ClusterVersions {
  readonly scheduler: NodeVersions;
  /** By worker address; workers that did not answer are omitted. */
  readonly workers: ReadonlyMap<string, NodeVersions>;
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
export function parseVersions(versions: Field): NodeVersions {
  const host = versions.map().get("host").map();
  const packages = versions.map().get("packages").map();
  return {
    // Python's form is "3.11.7.final.0".
    python: host.get("python").text().split(".").slice(0, 3).join("."),
    os: host.get("OS").text(),
    machine: host.get("machine").text(),
    packages: Object.fromEntries(
      packages.entries().flatMap(([name]) => {
        const version = packages.optional(name)?.label();
        return version === undefined ? [] : [[name, version]];
      }),
    ),
  };
}

const LONGEST_VERSION = 40;
const MUST_AGREE = ["distributed", "dask", "msgpack", "cloudpickle"] as const;

/** Names the versions in which workers differ from their scheduler, such as `dask 2026.8.0 and 2026.7.0`; empty if none that matters does. */
export function versionDifferences(scheduler: NodeVersions, workers: Iterable<NodeVersions>): readonly string[] {
  const differences = new Set<string>();
  for (const worker of workers) {
    for (const name of MUST_AGREE) {
      const [ours, theirs] = [scheduler.packages[name], worker.packages[name]];
      if (ours !== theirs) differences.add(`${name} ${shown(ours)} and ${shown(theirs)}`);
    }
    const [ours, theirs] = [minorOf(scheduler), minorOf(worker)];
    if (ours !== theirs) differences.add(`Python ${shown(ours)} and ${shown(theirs)}`);
  }
  return [...differences];
}

function shown(version: string | undefined): string {
  return version === undefined ? "(none)" : printableName(version, LONGEST_VERSION);
}

function minorOf({ python }: NodeVersions): string {
  return python.split(".").slice(0, 2).join(".");
}
