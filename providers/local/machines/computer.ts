import { availableParallelism, totalmem } from "node:os";

import { controlGroupLimits, type Limits } from "./control-groups.ts";

/** What this process and its children may use of this computer: affinity, cpusets and the limits of a container are seen. */
export function thisComputer(): Limits {
  const { processors, memoryBytes } = controlGroupLimits();
  return {
    processors: Math.min(availableParallelism(), processors),
    memoryBytes: Math.min(totalmem(), memoryBytes),
  };
}
