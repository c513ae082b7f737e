/** `Standard_D2pds_v5`: family, processors, features. https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions */
const NAME = /^(?:Standard|Basic)_(?<family>[A-Z]+)\d+(?:-\d+)?(?<features>[a-z]*)/u;
const AMD = /_MI\d{3}X|_V[67]\d0_|^Standard_NV\d+as_v4$/iu;
/** NVIDIA's GPUs and processors together. */
const GRACE = /_GB\d/iu;

/** The architecture that a size's name tells; undefined for names of another form. */
export function architectureByName(size: string): "x86_64" | "arm64" | undefined {
  const { features } = NAME.exec(size)?.groups ?? {};
  if (features === undefined || GRACE.test(size)) return undefined;
  return features.includes("p") ? "arm64" : "x86_64";
}

/** Whether a size has NVIDIA's GPUs, by its name: the families NC, ND and NV, without those of AMD. */
export function hasGpuByName(size: string): boolean {
  const { family = "" } = NAME.exec(size)?.groups ?? {};
  return /^N[CDV]/u.test(family) && !AMD.test(size);
}
