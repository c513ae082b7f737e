import { badRequest, invalidField, notFound } from "../api-error.ts";
import { acceleratorTypesIn } from "../catalog/accelerators.ts";
import { type MachineType, machineTypeIn } from "../catalog/machine-types.ts";
import { parseLink } from "../links.ts";
import type { AcceleratorInput } from "../resources.ts";

/** Where a VM is to be, and in which of the two ways it is asked for: `bulkInsert` takes bare names for what `insert` takes URLs. */
export interface Asked {
  readonly project: string;
  readonly zone: string;
  readonly bulk: boolean;
  /** `resource` or `resource.instanceProperties`. */
  readonly field: string;
}

export function checkMachineType(asked: Asked, machineType: string | undefined): MachineType {
  const { project, zone } = asked;
  const name = zonalName(asked, "machineTypes", `${asked.field}.machineType`, machineType);
  const found = machineTypeIn(zone, name);
  if (found === undefined) throw notFound(`projects/${project}/zones/${zone}/machineTypes/${name}`);
  return found;
}

/** The bare name of something of the VM's zone. */
export function zonalName(asked: Asked, collection: string, field: string, value: string | undefined): string {
  const { bulk, zone, project } = asked;
  if (value === undefined || value === "") throw invalidField(field, value, "It must be specified.");
  if (bulk) {
    if (value.includes("/")) throw invalidField(field, value, "It must be a name, not a URL.");
    return value;
  }
  const link = parseLink(value);
  if (link?.collection !== collection || link.zone === undefined || link.family) {
    throw invalidField(field, value, "The URL is malformed.");
  }
  if (link.zone !== zone || (link.project ?? project) !== project) {
    throw invalidField(field, value, `It must be in the project and zone of the instance ('${zone}').`);
  }
  return link.name;
}

/** Checks `guestAccelerators`, and gives all GPUs that the VM will have, those of its type included. */
export function checkAccelerators(
  asked: Asked,
  machineType: MachineType,
  inputs: readonly AcceleratorInput[] = [],
): readonly { readonly type: string; readonly count: number }[] {
  const { project, zone, field } = asked;
  const { family, gpus: bundled } = machineType;
  const wanted = inputs.map(({ acceleratorType, acceleratorCount = 0 }, index) => {
    const at = `${field}.guestAccelerators[${index}].acceleratorType`;
    const type = zonalName(asked, "acceleratorTypes", at, acceleratorType);
    const known = acceleratorTypesIn(zone).find(({ name }) => name === type);
    if (known === undefined) throw notFound(`projects/${project}/zones/${zone}/acceleratorTypes/${type}`);
    const incompatible = bundled === undefined ? !family.attachesGpus : bundled.type !== type;
    if (incompatible || (bundled === undefined && ["nvidia-l4", "nvidia-tesla-a100"].includes(type))) {
      throw badRequest(`[${machineType.name}, ${type}] features are not compatible for creating instance.`);
    }
    const counts = bundled === undefined ? known.counts : [bundled.count];
    if (!counts.includes(acceleratorCount)) {
      const why = `The number of accelerators must be one of ${counts.join(", ")}.`;
      throw invalidField(`${field}.guestAccelerators[${index}].acceleratorCount`, acceleratorCount, why);
    }
    return { type, count: acceleratorCount };
  });
  if (wanted.length > 1) throw invalidField(`${field}.guestAccelerators`, inputs, "At most one type can be attached.");
  return wanted.length > 0 || bundled === undefined ? wanted : [bundled];
}
