import { chunksOf, mapLimited, derivedUuid } from "../../../src/cloud/api/in-batches.ts";
import { combinedError } from "../../../src/cloud/errors/cloud-error.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import { meaningOf } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { CreatedMachines, MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { groupIn } from "../../../src/provider/tags.ts";
import type { Droplet } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { DropletError } from "../errors/droplet-error.ts";
import { type ResolvedDropletOptions, sizeOf } from "../options/resolved-options.ts";
import { tagsFor, userTags } from "../tags/tags.ts";
import { createDroplets } from "./create-droplets.ts";
import type { Found } from "./discovery.ts";
import { machineOf } from "./machines.ts";

export interface LaunchInput {
  readonly api: DropletApi;
  readonly identity: ClusterIdentity;
  readonly request: MachineRequest;
  /** The cluster's, overridden by the group's. */
  readonly options: ResolvedDropletOptions;
  readonly found: Pick<Found, "image">;
}

/** The body of a create call, but for the names. */
export type DropletTemplate = Readonly<Record<string, unknown>>;

/** DigitalOcean's limit for one call. */
export const LARGEST_BATCH = 10;
const CALLS_AT_ONCE = 5;

/**
 * Asks for droplets, ten in a call, some calls side by side. What the others created counts even if one failed; after one that
 * was refused, no more is asked for.
 */
export async function launch(input: LaunchInput, signal: AbortSignal): Promise<CreatedMachines> {
  const template = templateOf(input);
  let enough = false;
  const results = await mapLimited(chunksOf(namesFor(input), LARGEST_BATCH), CALLS_AT_ONCE, async (names) => {
    if (enough) return { droplets: [], errors: [] };
    const made = await asManyAsThereAre(input, { template, names }, signal);
    enough ||= made.errors.length > 0;
    return made;
  });
  const made = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const errors = [
    ...made.flatMap((each) => each.errors),
    ...results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : [])),
  ];
  const machines = made
    .flatMap(({ droplets }) => droplets)
    .map((droplet) => ({ ...machineOf(droplet), role: input.request.role, group: groupIn(input.request.tags) }));
  if (errors.length === 0) return { machines };
  const uncertain = errors.some((error) => !(error instanceof DropletError && error.refused));
  return { machines, shortfall: combinedError(errors), uncertain };
}

interface Batch {
  readonly template: DropletTemplate;
  readonly names: readonly string[];
}

interface Made {
  readonly droplets: readonly Droplet[];
  readonly errors: readonly unknown[];
}

/** DigitalOcean creates all of a call's droplets or none: without capacity for all, half of them are asked for, and so on. */
async function asManyAsThereAre(input: LaunchInput, { template, names }: Batch, signal: AbortSignal): Promise<Made> {
  try {
    return { droplets: await createDroplets(input, { template, names }, signal), errors: [] };
  } catch (error) {
    if (names.length === 1 || !isLack(error)) return { droplets: [], errors: [error] };
    const half = Math.ceil(names.length / 2);
    const first = await asManyAsThereAre(input, { template, names: names.slice(0, half) }, signal);
    // No capacity for the first half means none for the second.
    if (first.droplets.length < half) return first;
    const second = await asManyAsThereAre(input, { template, names: names.slice(half) }, signal);
    return { droplets: [...first.droplets, ...second.droplets], errors: second.errors };
  }
}

function isLack(error: unknown): boolean {
  const meaning = meaningOf(error);
  return meaning === "capacity" || meaning === "quota";
}

/** `dask-1a2b3c4d-worker-5e6f7a8b`, or a pattern for `*`. */
export function dropletName(clusterName: string, role: MachineRole, unique: string): string {
  return `${clusterName}-${role}-${unique}`;
}

/** They follow from the request. */
function namesFor({ identity, request }: LaunchInput): readonly string[] {
  const { role, token, count } = request;
  return Array.from({ length: count }, (_, nth) => {
    const [unique = ""] = derivedUuid(token, String(nth)).split("-");
    return dropletName(identity.name, role, unique);
  });
}

/** What droplets of a request are made from. Pure. */
export function templateOf({
  request,
  options,
  found,
}: Pick<LaunchInput, "request" | "options" | "found">): DropletTemplate {
  const { role, tags, userData } = request;
  const { region, vpcUuid, sshKeys, monitoring, extraDropletOptions } = options;
  const isPublic = hasPublicIp(role, options);
  return {
    region,
    size: sizeOf(role, options),
    image: found.image,
    ...(sshKeys.length === 0 ? {} : { ssh_keys: sshKeys }),
    ...(monitoring ? { monitoring } : {}),
    ...(vpcUuid === undefined ? {} : { vpc_uuid: vpcUuid }),
    ...(isPublic ? {} : { public_networking: false }),
    tags: [...tagsFor(tags), ...userTags(options)],
    user_data: Buffer.from(userData).toString("utf8"),
    ...extraDropletOptions,
  };
}
