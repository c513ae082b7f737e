import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { isOfNamedGroup, kindInWords } from "../../../src/cloud/machines/kinds.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { hasOwnZones, type Kind, sizesOf } from "./kinds.ts";
import type { MachineType, SizeCatalogue } from "./machine-types.ts";

/**
 * The sizes of a kind's machines as Azure describes them, the preferred one first.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for sizes that do not exist, do not go together or cannot be had as asked for
 */
export function typesOf(kind: Kind, catalogue: SizeCatalogue): readonly MachineType[] {
  const types = sizesOf(kind).map((name) => catalogue.named(name));
  assertAlike(kind, types);
  assertZones(kind, types);
  if (kind.role === "worker") assertSpot(kind, types);
  return types;
}

/** An error in the options of machines says which worker group's they are. */
export async function namingGroup<Found>({ group }: Pick<Kind, "group">, find: () => Promise<Found>): Promise<Found> {
  try {
    return await find();
  } catch (error) {
    const isOfOptions = error instanceof DaskFleetError && error.code === "CONFIG_INVALID";
    if (!isOfOptions || error instanceof CloudError) throw error;
    if (group === undefined || !isOfNamedGroup({ group })) throw error;
    throw invalid(`Worker group ${group.name}: ${error.message}`);
  }
}

function assertAlike(kind: Kind, types: readonly MachineType[]): void {
  if (new Set(types.map(({ gpu }) => gpu)).size < 2) return;
  const each = types.map(({ name, gpu }) => `${name} has ${gpu ? "" : "no "}NVIDIA GPUs`).join(", ");
  throw invalid(`All sizes of a ${kindInWords(kind)} must be alike, but ${each}.`);
}

/**
 * Each zone that was asked for must have machines, and each size must be in one of them. A group that has its zones from the cluster
 * may lack some: sizes with GPUs are in few zones.
 */
function assertZones(kind: Kind, types: readonly MachineType[]): void {
  const { zones, location } = kind.options;
  const missing = hasOwnZones(kind)
    ? zones.find((zone) => types.every((type) => !type.zones.includes(zone)))
    : undefined;
  const [first] = types;
  if (missing !== undefined && first !== undefined) throw notThere(`zone ${missing} of ${location} has`, first);
  const nowhere = types.find((type) => zones.length > 0 && zones.every((zone) => !type.zones.includes(zone)));
  if (nowhere !== undefined) throw notThere(`zones ${zones.join(", ")} of ${location} have`, nowhere);
}

function notThere(where: string, { name, zones }: MachineType): DaskFleetError {
  const there = zones.length === 0 ? "no zone" : `the zones ${zones.join(", ")}`;
  return invalid(`The ${where} no machines of the size ${name}. This subscription has them in ${there}.`);
}

function assertSpot({ options: { spot } }: Kind, types: readonly MachineType[]): void {
  const without = types.find((type) => spot !== false && !type.spot);
  if (without === undefined) return;
  throw invalid(`The size ${without.name} has no spot machines. Take another size, or leave out the \`spot\` option.`);
}
