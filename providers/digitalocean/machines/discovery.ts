import { type MachineKind, kindInWords, kindKey, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { DEFAULT_GROUP } from "../../../src/provider/worker-group.ts";
import type { Account, Image, Size } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { assertVpc } from "../network/network.ts";
import { type ResolvedDropletOptions, sizeOf } from "../options/resolved-options.ts";
import { imageFor } from "./image.ts";
import { type MachineType, machineType, sizesIn } from "./machine-types.ts";

/** What exists before droplets of one kind: what they are asked for with. */
export interface Found {
  /** Slug or id of the image. */
  readonly image: string | number;
  /** Whether they have NVIDIA GPUs. */
  readonly gpu: boolean;
}

/** By {@link kindKey}. */
export type Discovery = ReadonlyMap<string, Found>;

/** Droplets that are asked for alike. */
export type Kind = MachineKind<ResolvedDropletOptions>;

/** @throws Error for a kind that was not looked up */
export function foundFor(discovery: Discovery, kind: Kind): Found {
  const found = discovery.get(kindKey(kind));
  if (found === undefined) throw new Error(`Nothing is known of ${kindInWords(kind)} droplets`);
  return found;
}

/**
 * Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind. Sizes are listed once, and
 * each image is looked up once, for however many kinds of droplets.
 */
export async function discover(
  api: DropletApi,
  { options, kinds }: { readonly options: ResolvedDropletOptions; readonly kinds: readonly Kind[] },
  signal: AbortSignal,
): Promise<Discovery> {
  const [sizes, images] = await Promise.all([
    sizesIn(api, options.region, signal),
    imagesFor(api, kinds, signal),
    assertVpc(api, options, signal),
  ]);
  const found = kinds.map(async (kind) => {
    const { slug, disk, gpu } = await sizeFor(kind, sizes);
    const image = images.get(kind.options.image);
    const name = kind.options.image ?? image?.slug ?? image?.id ?? "";
    await inGroup(kind, async () => assertDisk(kind, { slug, disk }, { name, needs: image?.min_disk_size ?? 0 }));
    return [kindKey(kind), { image: name, gpu }] as const;
  });
  return new Map(await Promise.all(found));
}

/** The images of droplets, by option. */
export async function imagesFor(
  api: DropletApi,
  kinds: readonly Kind[],
  signal: AbortSignal,
): Promise<ReadonlyMap<ResolvedDropletOptions["image"], Image>> {
  const first = new Map(kinds.toReversed().map((kind) => [kind.options.image, kind]));
  const found = [...first].map(
    async ([option, kind]) => [option, await inGroup(kind, () => imageFor(api, kind.options, signal))] as const,
  );
  return new Map(await Promise.all(found));
}

/** The size of droplets of a kind. */
export async function sizeFor(kind: Kind, sizes: readonly Size[]): Promise<MachineType> {
  const { region } = kind.options;
  return await inGroup(kind, async () => machineType(sizes, sizeOf(kind.role, kind.options), region));
}

function assertDisk(
  kind: Kind,
  { slug, disk }: Pick<MachineType, "slug" | "disk">,
  image: { readonly name: string | number; readonly needs: number },
): void {
  const has = `a droplet of the size ${slug} has ${disk} GB`;
  if (disk < image.needs) throw invalid(`The image ${image.name} needs a disk of ${image.needs} GB, but ${has}.`);
  const { diskSize = 0 } = kind.options;
  if (disk >= diskSize) return;
  const option = optionInWords(kind, "diskSize");
  throw invalid(`The \`${option}\` option asks for ${diskSize} GB, but ${has}: choose a larger \`instanceType\`.`);
}

/** A mistake in the options of a group's droplets names the group. */
async function inGroup<Value>({ group }: Kind, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (group === undefined || group.name === DEFAULT_GROUP) throw error;
    if (!(error instanceof DaskFleetError && error.code === "CONFIG_INVALID")) throw error;
    throw invalid(`Group ${group.name}: ${error.message}`);
  }
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
