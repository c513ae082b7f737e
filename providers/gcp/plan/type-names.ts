import type { Architecture } from "../machines/machine-types.ts";

/** https://cloud.google.com/compute/docs/machine-resource */
const ARM = new Set(["t2a", "c4a", "n4a"]);
/** Series that come with NVIDIA's GPUs. */
const WITH_GPUS = new Set(["a2", "a3", "a4", "g2", "g4"]);
/** NVIDIA's GPUs and processors together. */
const GRACE = "a4x";

/** The architecture that a machine type's name tells; undefined where it does not. */
export function architectureByName(machineType: string): Architecture | undefined {
  const series = seriesOf(machineType);
  if (series === GRACE) return undefined;
  return ARM.has(series) ? "ARM64" : "X86_64";
}

/** Whether a machine type comes with NVIDIA's GPUs, by its name. */
export function hasGpuByName(machineType: string): boolean {
  return WITH_GPUS.has(seriesOf(machineType)) || seriesOf(machineType) === GRACE;
}

function seriesOf(machineType: string): string {
  return machineType.split("-")[0] ?? "";
}
