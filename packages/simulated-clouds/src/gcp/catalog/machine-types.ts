import { MACHINE_FAMILIES, type MachineFamily } from "./machine-families.ts";

export interface MachineType {
  readonly name: string;
  readonly family: MachineFamily;
  readonly guestCpus: number;
  readonly memoryMb: number;
  readonly isSharedCpu: boolean;
  /** The GPUs that it comes with. */
  readonly gpus?: { readonly type: string; readonly count: number } | undefined;
}

const SHARED: Readonly<Record<string, readonly [number, number]>> = {
  "e2-micro": [2, 1024],
  "e2-small": [2, 2048],
  "e2-medium": [2, 4096],
};

const PREDEFINED: readonly MachineType[] = MACHINE_FAMILIES.flatMap((family) => [
  ...predefinedTypes(family),
  ...(family.name === "e2" ? sharedTypes(family) : []),
]);

function predefinedTypes(family: MachineFamily): MachineType[] {
  return Object.entries(family.cpus).flatMap(([kind, sizes]) =>
    sizes.map((guestCpus) => {
      // The types of GPU series with "highgpu" in their names are counted in GPUs, twelve vCPUs each.
      const size = kind === "highgpu" ? `${guestCpus / 12}g` : String(guestCpus);
      const name = `${family.name}-${kind}-${size}`;
      const memoryMb = Math.round(guestCpus * (family.memoryMb[kind] ?? 4096));
      return { name, family, guestCpus, memoryMb, isSharedCpu: false, gpus: family.bundledGpus?.[name] };
    }),
  );
}

function sharedTypes(family: MachineFamily): MachineType[] {
  return Object.entries(SHARED).map(([name, [guestCpus, memoryMb]]) => {
    return { name, family, guestCpus, memoryMb, isSharedCpu: true };
  });
}

export function machineTypesIn(zone: string): readonly MachineType[] {
  return PREDEFINED.filter(({ family }) => family.zones.includes(zone));
}

/** A predefined or custom type of a zone. */
export function machineTypeIn(zone: string, name: string): MachineType | undefined {
  return machineTypesIn(zone).find((type) => type.name === name) ?? customType(zone, name);
}

function customType(zone: string, name: string): MachineType | undefined {
  const { prefix, cpus, memory } =
    /^(?<prefix>(?:[a-z]\d\w?-)?)custom-(?<cpus>\d+)-(?<memory>\d+)$/u.exec(name)?.groups ?? {};
  const family = MACHINE_FAMILIES.find(({ customPrefix }) => customPrefix === prefix);
  const [guestCpus, memoryMb] = [Number(cpus), Number(memory)];
  const possible =
    (guestCpus === 1 || guestCpus % 2 === 0) && guestCpus > 0 && guestCpus <= 128 && memoryMb % 256 === 0;
  if (family === undefined || !family.zones.includes(zone) || !possible) return undefined;
  return { name, family, guestCpus, memoryMb, isSharedCpu: false };
}
