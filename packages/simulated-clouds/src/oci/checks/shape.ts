import { invalid, notFound } from "../api-error.ts";
import type { LaunchBody, ShapeConfigBody } from "../bodies/instance.ts";
import { type ShapeEntry, SHAPES } from "../catalog/shapes.ts";

interface Size {
  readonly shape: ShapeEntry;
  readonly ocpus: number;
  readonly memoryInGBs: number;
}

/** A launch's shape with its OCPUs and memory. */
export function readShape({ shape: name, shapeConfig, preemptibleInstanceConfig }: Partial<LaunchBody>): Size {
  if (name === undefined) throw invalid("shape may not be null");
  const shape = SHAPES.find((each) => each.shape === name);
  if (shape === undefined) throw notFound(`shape ${name} not found`);
  const size = sizeOf(shape, shapeConfig);
  const burstable = (shapeConfig?.baselineOcpuUtilization ?? "BASELINE_1_1") !== "BASELINE_1_1";
  if (preemptibleInstanceConfig !== undefined && (!shape.preemptible || burstable)) {
    throw invalid(`Shape ${name} is not supported for preemptible instances${burstable ? ": it is burstable" : ""}`);
  }
  return { shape, ...size };
}

/** The OCPUs and memory of a flexible shape, as they are asked for; of a fixed one, what it has. */
export function sizeOf(shape: ShapeEntry, config: ShapeConfigBody | undefined): Omit<Size, "shape"> {
  const { flex } = shape;
  if (flex === undefined) {
    if (config !== undefined && Object.keys(config).length > 0) {
      throw invalid(`Invalid ShapeConfig: ShapeConfig cannot be specified for the non-flexible shape ${shape.shape}`);
    }
    return { ocpus: shape.ocpus, memoryInGBs: shape.memoryInGBs };
  }
  if (config === undefined) throw refused(null, "Cannot launch flexible instance without ShapeConfig");
  if (config.ocpus !== undefined && config.vcpus !== undefined) throw refused(config, "Both ocpus and vcpus");
  const ocpus = config.ocpus ?? (config.vcpus === undefined ? undefined : config.vcpus / shape.vcpusPerOcpu);
  if (ocpus === undefined) throw refused(config, "ocpus may not be null");
  if (!Number.isInteger(ocpus) || ocpus < 1 || ocpus > flex.maxOcpus) {
    throw refused(config, `Number of OCPUs must be between 1 and ${flex.maxOcpus}`);
  }
  const { memoryInGBs = Math.min(flex.maxMemory, ocpus * flex.defaultPerOcpu) } = config;
  const most = Math.min(flex.maxMemory, ocpus * flex.maxPerOcpu);
  if (memoryInGBs < ocpus || memoryInGBs > most || !Number.isInteger(memoryInGBs)) {
    throw refused(config, `Memory must be between ${ocpus} and ${most} GBs for ${ocpus} OCPUs`);
  }
  return { ocpus, memoryInGBs };
}

/** oracle-quickstart/oci-elastic#18: in these words. */
function refused(config: ShapeConfigBody | null, why: string): Error {
  return invalid(`Invalid ShapeConfig: ${JSON.stringify(config)} (${why})`);
}
