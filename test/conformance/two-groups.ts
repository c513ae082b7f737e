import type { ClusterOptions } from "./provider-under-test.ts";

/** Sizes of the two groups of a cluster. */
export interface TwoSizes {
  readonly cpu: number;
  readonly gpu: number;
}

/** The resource of workers of the group `gpu`. */
export const GPU_RESOURCES = { GPU: 1 } as const;

/** Two groups of workers, `cpu` and `gpu`: of the same machines, so that whatever differs follows from the group alone. */
export function twoGroups({ cpu, gpu }: TwoSizes): Pick<ClusterOptions, "workers"> {
  return { workers: { cpu: { count: cpu }, gpu: { count: gpu, resources: GPU_RESOURCES } } };
}
