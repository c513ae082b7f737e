import type { Architecture } from "../machines/machine-types.ts";

/** `m7gd.large`: series, generation, what is special, size. https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html */
const NAME = /^(?<series>[a-z]+)(?<generation>\d+)(?<special>[a-z]*)(?<more>-[a-z0-9-]+)?\./u;
/** The first with a processor of AWS' own, before there was a letter for it. */
const FIRST_ARM = "a1";

interface Parts {
  readonly series: string;
  readonly generation: string;
  readonly special: string;
}

/** The architecture that a type's name tells; undefined for names of another form. */
export function architectureByName(type: string): Architecture | undefined {
  const parts = partsOf(type);
  if (parts === undefined) return undefined;
  const { series, generation, special } = parts;
  return special.includes("g") || `${series}${generation}` === FIRST_ARM ? "arm64" : "x86_64";
}

/** Whether a type has NVIDIA GPUs, by its name: the series P and G, without those of AMD. */
export function hasGpuByName(type: string): boolean {
  const { series = "", special = "" } = partsOf(type) ?? {};
  return ["p", "g", "gr"].includes(series) && special !== "ad";
}

function partsOf(type: string): Parts | undefined {
  const { series, generation, special, more = "" } = NAME.exec(type)?.groups ?? {};
  // Machines with processors of NVIDIA's, whose names have no letter for it.
  if (series === undefined || generation === undefined || special === undefined || more.startsWith("-gb"))
    return undefined;
  return { series, generation, special };
}
