import { isError } from "../../../src/errors.ts";
import type { ComputeApi } from "../api/client.ts";
import { isNotFound } from "../errors/gcp-error.ts";

export type Architecture = "X86_64" | "ARM64";

/** A machine type as Compute Engine describes it. */
export interface MachineType {
  readonly name: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  /** The GPUs of NVIDIA's that it comes with. */
  readonly gpus: { readonly type: string; readonly count: number } | undefined;
  /** Of the zones that were asked, those that have it. */
  readonly zones: ReadonlySet<string>;
}

/** Something by its name in a zone. */
export interface InZone {
  readonly name: string;
  readonly zone: string;
}

/** Each of them once. */
export function eachOnce(asked: readonly InZone[]): readonly InZone[] {
  return [...new Map(asked.map((each) => [`${each.zone}/${each.name}`, each])).values()];
}

/** Looks types up, in all zones at once. Types that none of their zones has are not in the answer. */
export async function describeTypes(
  api: ComputeApi,
  asked: readonly InZone[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MachineType>> {
  const answers = await Promise.all(
    eachOnce(asked).map(async (each) => ({ ...each, answer: await describe(api, each, signal) })),
  );
  const types = new Map<string, MachineType>();
  for (const { name, zone, answer } of answers) {
    if (answer === undefined) continue;
    types.set(name, { ...answer, name, zones: new Set([...(types.get(name)?.zones ?? []), zone]) });
  }
  return types;
}

/** Undefined where the zone is there, but not the type in it. */
async function describe(
  api: ComputeApi,
  { name: machineType, zone }: InZone,
  signal: AbortSignal,
): Promise<Pick<MachineType, "architecture" | "vcpus" | "gpus"> | undefined> {
  try {
    const [{ architecture, guestCpus, accelerators }] = await api.call(
      "machineTypes",
      "get",
      signal,
      (client, options) => client.get({ project: api.project, zone, machineType }, options),
    );
    const nvidia = accelerators?.find(({ guestAcceleratorType: type }) => type?.startsWith("nvidia") ?? false);
    return {
      architecture: architecture === "ARM64" ? "ARM64" : "X86_64",
      vcpus: guestCpus ?? 0,
      gpus: nvidia && { type: nvidia.guestAcceleratorType ?? "", count: nvidia.guestAcceleratorCount ?? 0 },
    };
  } catch (error) {
    if (isNotFound(error) && isError(error) && error.message.includes("/machineTypes/")) return undefined;
    throw error;
  }
}
