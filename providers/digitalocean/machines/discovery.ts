import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { Account } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { assertVpc } from "../network/network.ts";
import { type ResolvedDropletOptions, sizeOf } from "../options/resolved-options.ts";
import { imageFor } from "./image.ts";
import { sizesOf } from "./machine-types.ts";

/** What exists before the cluster: all that its droplets are asked for with. */
export interface Discovery {
  /** Slug or id of the image. */
  readonly image: string | number;
  /** Whether a role's droplets have NVIDIA GPUs. */
  readonly gpu: Readonly<Record<MachineRole, boolean>>;
}

/** Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(
  api: DropletApi,
  options: ResolvedDropletOptions,
  signal: AbortSignal,
): Promise<Discovery> {
  const { region } = options;
  const slugs = [...new Set([options.schedulerInstanceType, options.workerInstanceType])];
  const [types, image] = await Promise.all([
    sizesOf(api, slugs, region, signal),
    imageFor(api, options, signal),
    assertVpc(api, options, signal),
  ]);
  const name = options.image ?? image.slug ?? image.id;
  for (const { slug, disk } of types.values()) {
    const needs = image.min_disk_size ?? 0;
    const has = `a droplet of the size ${slug} has ${disk} GB`;
    if (disk < needs) throw invalid(`The image ${name} needs a disk of ${needs} GB, but ${has}.`);
    if (disk >= (options.diskSize ?? 0)) continue;
    throw invalid(
      `The \`diskSize\` option asks for ${options.diskSize} GB, but ${has}: choose a larger \`instanceType\`.`,
    );
  }
  const gpu = (role: MachineRole): boolean => types.get(sizeOf(role, options))?.gpu ?? false;
  return { image: name, gpu: { scheduler: gpu("scheduler"), worker: gpu("worker") } };
}

/** Whose account the token opens: a team's, or a person's. Undefined where the token's scopes do not let it know. */
export async function accountId(api: DropletApi, signal: AbortSignal): Promise<string | undefined> {
  try {
    return idOf(await accountOf(api, signal));
  } catch (error) {
    if (error instanceof DaskFleetError && error.code === "AUTH_FAILED") return undefined;
    throw error;
  }
}

/**
 * Returns the account's id.
 *
 * @throws DaskFleetError `QUOTA_EXCEEDED` where the account has no room for so many droplets more
 */
export async function assertRoom(api: DropletApi, droplets: number, signal: AbortSignal): Promise<string | undefined> {
  const [account, there] = await Promise.all([accountOf(api, signal), api.count("/droplets", signal)]);
  const limit = account.droplet_limit;
  if (there + droplets <= limit) return idOf(account);
  throw new DaskFleetError(
    "QUOTA_EXCEEDED",
    `The account's droplet limit is ${limit}, and it has ${there} droplets: ${droplets} more do not fit. ` +
      "Ask for a higher limit at https://cloud.digitalocean.com/account/team/droplet_limit_increase, or take fewer workers.",
  );
}

export async function accountOf(api: DropletApi, signal: AbortSignal): Promise<Account> {
  return await api.call("GET /v2/account", signal, async ({ sdk }) => await sdk.account.getUserInformation());
}

function idOf({ uuid, team }: Account): string | undefined {
  return team?.uuid ?? uuid;
}
