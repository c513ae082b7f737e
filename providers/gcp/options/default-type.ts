import { invalid } from "../../../src/options/invalid.ts";

/** Two vCPUs of 2019 and later cost 70 % of one N1 vCPU each, every zone has them, and the ordinary CPU quota counts them. */
const DEFAULT_TYPE = "e2-standard-2";
/** Only N1 takes attached GPUs; less memory than this starves them. */
const WITH_ATTACHED_GPUS = "n1-standard-4";

/** GPUs that no type takes, but that types come with: the smallest type for each number. */
const BUILT_IN: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "nvidia-l4": { 1: "g2-standard-4", 2: "g2-standard-24", 4: "g2-standard-48", 8: "g2-standard-96" },
  "nvidia-tesla-a100": {
    1: "a2-highgpu-1g",
    2: "a2-highgpu-2g",
    4: "a2-highgpu-4g",
    8: "a2-highgpu-8g",
    16: "a2-megagpu-16g",
  },
  "nvidia-a100-80gb": { 1: "a2-ultragpu-1g", 2: "a2-ultragpu-2g", 4: "a2-ultragpu-4g", 8: "a2-ultragpu-8g" },
};

/** GPUs to attach to a machine; those that its type comes with need not be named. */
export interface AttachedGpus {
  readonly nGpus: number;
  readonly gpuType: string | undefined;
}

/**
 * The machine type where no option names one.
 *
 * @param place of the options: `workers.gpu.`, or nothing for the cluster's
 * @throws DaskFleetError `CONFIG_INVALID` for a number of GPUs that no type comes with
 */
export function defaultType({ nGpus, gpuType }: AttachedGpus, place = ""): string {
  if (nGpus === 0 || gpuType === undefined) return DEFAULT_TYPE;
  const builtIn = BUILT_IN[gpuType];
  if (builtIn === undefined) return WITH_ATTACHED_GPUS;
  const found = builtIn[nGpus];
  if (found !== undefined) return found;
  throw invalid(
    `No machine type has ${nGpus} GPUs of the type ${gpuType}: there are ${Object.keys(builtIn).join(", ")}. Set \`${place}nGpus\` or \`${place}machineType\`.`,
  );
}

/** Whether a machine type takes these GPUs: N1 those that are attached, others those that they come with. */
export function takesGpus(machineType: string, { nGpus, gpuType = "" }: AttachedGpus): boolean {
  if (nGpus === 0) return true;
  if (BUILT_IN[gpuType] === undefined) return takesAttachedGpus(machineType);
  return seriesOf(machineType) === seriesOf(BUILT_IN[gpuType][1] ?? "");
}

/** N1, whose custom types are called `custom-4-15360`. */
export function takesAttachedGpus(machineType: string): boolean {
  return ["n1", "custom"].includes(seriesOf(machineType));
}

function seriesOf(machineType: string): string {
  return machineType.split("-")[0] ?? "";
}
