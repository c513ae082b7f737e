import type { WorkerOptions } from "../../../src/bootstrap/node-spec.ts";
import type { Limits } from "./control-groups.ts";

const GIB = 1024 ** 3;
/** Left to the scheduler, the nannies and the program that started them: this part, and no more than so many bytes. */
const KEPT_PART = 1 / 8;
const KEPT_AT_MOST = 2 * GIB;
/** A worker needs half of it for itself. With less, it would be paused or ended again and again before its first task. */
const LEAST_MEMORY = GIB / 4;

/**
 * The options of `dask worker` on one of so many worker machines that share a computer: threads and memory of each of its processes,
 * as Python's LocalCluster divides them. What the options say already is not touched.
 *
 * @param parts machines that share the computer, at least 1
 */
export function sharedOptions(computer: Limits, parts: number, options: WorkerOptions): WorkerOptions {
  const processes = processesOf(options.nworkers, Math.ceil(computer.processors / parts));
  // Dask refuses invalid values itself.
  if (processes === undefined) return options;
  const workers = parts * processes;
  const { nthreads, memoryLimit } = options;
  const { nworkers: _, ...others } = options;
  return {
    ...others,
    ...(options.nworkers === undefined ? {} : { nworkers: processes }),
    // Rather one thread too many than a processor without work: the scheduler waits more than it works.
    nthreads:
      nthreads === undefined || nthreads === 0 ? Math.max(1, Math.ceil(computer.processors / workers)) : nthreads,
    memoryLimit: memoryLimit === undefined || memoryLimit === "auto" ? memoryOf(computer, workers) : memoryLimit,
  };
}

function memoryOf({ memoryBytes }: Limits, workers: number): number {
  const kept = Math.min(memoryBytes * KEPT_PART, KEPT_AT_MOST);
  return Math.max(LEAST_MEMORY, Math.floor((memoryBytes - kept) / workers));
}

/** Processes of a machine with so many processors, as `dask worker --nworkers` reads it; undefined for what it would refuse. */
function processesOf(nworkers: number | string | undefined, processors: number): number | undefined {
  if (nworkers === undefined) return 1;
  if (nworkers === "auto") return automatic(processors);
  const asked = Number(nworkers);
  if (!Number.isInteger(asked)) return undefined;
  const processes = asked < 0 ? processors + 1 + asked : asked;
  return processes > 0 ? processes : undefined;
}

/** `nprocesses_nthreads` of distributed: few threads where there are few processors, about as many as processes where there are many. */
function automatic(processors: number): number {
  if (processors <= 4) return processors;
  for (let processes = Math.ceil(Math.sqrt(processors)); ; processes += 1) {
    if (processors % processes === 0) return processes;
  }
}
