import { invalid } from "../options/invalid.ts";
import { optionArguments } from "./cli-options.ts";
import { DEFAULT_WORKER_MODULE } from "./node-spec.ts";
import type { NodeSpec } from "./node-spec.ts";

/** What `python -m` is given: the module, and the arguments that are the same on every machine of the role. */
export interface NodeArguments {
  readonly module: readonly string[];
  readonly args: readonly string[];
}

/** The start script adds what each machine finds out for itself: name, address, time left. */
export function nodeArguments(spec: NodeSpec): NodeArguments {
  return spec.role === "scheduler" ? schedulerArguments(spec) : workerArguments(spec);
}

function schedulerArguments(spec: NodeSpec): NodeArguments {
  const idle = spec.idleTimeoutMs === undefined ? [] : [`--idle-timeout=${Math.ceil(spec.idleTimeoutMs)}ms`];
  const options = optionArguments("schedulerOptions", spec.schedulerOptions ?? {});
  return { module: ["distributed.cli.dask_scheduler"], args: [...idle, ...options] };
}

/**
 * How many processes share the memory of a machine that is a scheduler's as well: a number as `--nworkers` takes it, or `gpus`. Undefined
 * where the options divide it themselves, and for a program whose options are not known.
 */
export function processesToShare({
  workerModule = DEFAULT_WORKER_MODULE,
  workerOptions = {},
}: NodeSpec): string | undefined {
  const { memoryLimit = "auto", nworkers = 1 } = workerOptions;
  if (memoryLimit !== "auto") return undefined;
  if (workerModule === "dask cuda worker") return "gpus";
  return workerModule === DEFAULT_WORKER_MODULE ? String(nworkers) : undefined;
}

function workerArguments(spec: NodeSpec): NodeArguments {
  const module = (spec.workerModule ?? DEFAULT_WORKER_MODULE).split(" ");
  const isShared = spec.beside !== undefined && processesToShare(spec) !== undefined;
  const given = isShared ? { ...spec.workerOptions, memoryLimit: undefined } : (spec.workerOptions ?? {});
  const options = optionArguments("workerOptions", given);
  const ports = [
    ...(spec.workerPort === undefined ? [] : [`--worker-port=${spec.workerPort}`]),
    // dask worker refuses a nanny port where there is no nanny.
    ...(spec.nannyPort === undefined || spec.workerOptions?.nanny === false ? [] : [`--nanny-port=${spec.nannyPort}`]),
  ];
  const workerClass = spec.workerClass === undefined ? [] : [`--worker-class=${spec.workerClass}`];
  if (module.join(" ") === DEFAULT_WORKER_MODULE) return { module, args: [...ports, ...workerClass, ...options] };
  if (workerClass.length > 0) throw invalid("workerClass goes with Dask's own worker module: leave out workerModule.");
  return { module, args: options };
}
