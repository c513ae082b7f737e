import { isError } from "../../../src/errors.ts";
import type { ComputeApi } from "../api/client.ts";
import { isNotFound } from "../errors/gcp-error.ts";

export type Architecture = "X86_64" | "ARM64";

/** A machine type as Compute Engine describes it. */
export interface MachineType {
  readonly name: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  /** Whether it comes with NVIDIA GPUs. */
  readonly gpu: boolean;
  /** Of the zones that were asked, those that have it. */
  readonly zones: ReadonlySet<string>;
}

/** Looks types up, in all zones at once. Types that none of them has are not in the answer. */
export async function describeTypes(
  api: ComputeApi,
  names: readonly string[],
  zones: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MachineType>> {
  const asked = names.flatMap((name) => zones.map((zone) => ({ name, zone })));
  const answers = await Promise.all(
    asked.map(async (each) => ({ ...each, answer: await describe(api, each, signal) })),
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
  { name: machineType, zone }: { readonly name: string; readonly zone: string },
  signal: AbortSignal,
): Promise<Pick<MachineType, "architecture" | "vcpus" | "gpu"> | undefined> {
  try {
    const [{ architecture, guestCpus, accelerators }] = await api.call(
      "machineTypes",
      "get",
      signal,
      (client, options) => client.get({ project: api.project, zone, machineType }, options),
    );
    return {
      architecture: architecture === "ARM64" ? "ARM64" : "X86_64",
      vcpus: guestCpus ?? 0,
      gpu:
        accelerators?.some(({ guestAcceleratorType }) => guestAcceleratorType?.startsWith("nvidia") ?? false) ?? false,
    };
  } catch (error) {
    if (isNotFound(error) && isError(error) && error.message.includes("/machineTypes/")) return undefined;
    throw error;
  }
}
