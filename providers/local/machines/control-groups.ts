import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join, relative } from "node:path";

/** Limits of a process; `Infinity` means unlimited. */
export interface Limits {
  /** Processors' worth of time, such as 1.5. */
  readonly processors: number;
  readonly memoryBytes: number;
}

/** The directory of a control group, and the controller to read there. */
interface Group {
  readonly directory: string;
  readonly controller: "unified" | "cpu" | "memory";
}

/**
 * What the control groups of this process allow: the least of its own and of all groups above it that can be seen, in the unified
 * hierarchy (cgroup v2) and in the older ones (v1). Processors that a cpuset leaves are not counted here: the scheduler's affinity
 * tells them.
 *
 * @param root instead of `/`, for tests
 */
export function controlGroupLimits(root = "/"): Limits {
  const read = (path: string): string => {
    try {
      return readFileSync(join(root, path), "utf8");
    } catch {
      return "";
    }
  };
  const groups = groupsOf(read("/proc/self/cgroup"), read("/proc/self/mountinfo"));
  const limits = groups.map((group) => limitsOf(group, read));
  return {
    processors: Math.min(...limits.map(({ processors }) => processors)),
    memoryBytes: Math.min(...limits.map(({ memoryBytes }) => memoryBytes)),
  };
}

/** The directories of the groups that a process is in, from the innermost to each mount's top (cgroups(7), proc(5)). */
function groupsOf(memberships: string, mounts: string): Group[] {
  const memberIn = memberships.split("\n").map((line) => /^\d+:(?<controllers>[^:]*):(?<path>.*)$/u.exec(line)?.groups);
  const mounted = mounts.split("\n").map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , top = "", place = ""] = before.split(" ").map(unescaped);
    const [type = "", , options = ""] = after.split(" ");
    return { top, place, type, options: options.split(",") };
  });
  const groups: Group[] = [];
  for (const controller of ["unified", "cpu", "memory"] as const) {
    const path = memberIn.find((member) =>
      controller === "unified"
        ? member?.["controllers"] === ""
        : member?.["controllers"]?.split(",").includes(controller),
    )?.["path"];
    if (path === undefined) continue;
    for (const { top, place, type, options } of mounted) {
      if (controller === "unified" ? type !== "cgroup2" : type !== "cgroup" || !options.includes(controller)) continue;
      const below = relative(top, path);
      // A container may see its own part of the tree only, and itself under the name that the computer has for it.
      let directory = below.startsWith("..") ? place : join(place, below);
      for (; directory !== place; directory = dirname(directory)) groups.push({ directory, controller });
      groups.push({ directory: place, controller });
    }
  }
  return groups;
}

function limitsOf({ directory, controller }: Group, read: (path: string) => string): Limits {
  const file = (name: string): string => read(join(directory, name));
  if (controller === "cpu") {
    return { processors: ratio(file("cpu.cfs_quota_us"), file("cpu.cfs_period_us")), memoryBytes: Infinity };
  }
  if (controller === "memory") {
    // Counts the groups above that a container cannot see, too.
    const inherited = /^hierarchical_memory_limit (?<bytes>\d+)$/mu.exec(file("memory.stat"))?.groups?.["bytes"] ?? "";
    return { processors: Infinity, memoryBytes: Math.min(amount(file("memory.limit_in_bytes")), amount(inherited)) };
  }
  const [quota = "", period = ""] = file("cpu.max").trim().split(" ");
  const memoryBytes = Math.min(amount(file("memory.max")), amount(file("memory.high")));
  return { processors: ratio(quota, period), memoryBytes };
}

/** `max`, -1 and a missing file mean no limit. */
function amount(text: string): number {
  const value = Number(text.trim());
  return text.trim() !== "" && value > 0 ? value : Infinity;
}

function ratio(quota: string, period: string): number {
  const [time, of] = [amount(quota), amount(period)];
  return Number.isFinite(time) && Number.isFinite(of) ? time / of : Infinity;
}

/** Blanks in names of mounts are written in octal (proc(5)). */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** Limits of this process and its children on this computer: affinity, cpusets and a container's limits. */
export function thisComputer(): Limits {
  const { processors, memoryBytes } = controlGroupLimits();
  return {
    processors: Math.min(availableParallelism(), processors),
    memoryBytes: Math.min(totalmem(), memoryBytes),
  };
}
