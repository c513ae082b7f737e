import type { FoundGpus } from "../../../src/cloud/cloud-nodes.ts";
import { forKind, kindInWords, kindKey, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { ClusterNetwork } from "../../../src/cloud/network/ingress.ts";
import { invalid } from "../../../src/options/invalid.ts";
import { DEFAULT_GROUP } from "../../../src/provider/worker-group.ts";
import type { OciApi } from "../api/client.ts";
import type { Subnet } from "../api/sdk.ts";
import { findNetwork, type Network, rangesOf, REACH, type SubnetWishes } from "../network/network.ts";
import { type OciKind, shapesOf, sizeOf } from "../options/kinds.ts";
import { listOf, type ResolvedOciOptions } from "../options/resolved-options.ts";
import type { FoundKind, KindShape, Place } from "./candidates.ts";
import { domainsOf } from "./domains.ts";
import { Images } from "./image.ts";
import { configOf, type FoundShape, hasGpu, shapesIn } from "./machine-types.ts";

/** What exists before the cluster. */
export interface Discovery {
  readonly vcnId: string;
  /** By `kindKey`. */
  readonly kinds: ReadonlyMap<string, FoundKind>;
}

/** Looks everything up at the same time, for all kinds, and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(
  api: OciApi,
  { options, kinds }: { readonly options: ResolvedOciOptions; readonly kinds: readonly OciKind[] },
  signal: AbortSignal,
): Promise<Discovery> {
  const wishes = kinds.map(subnetWishes);
  const [network, [domains, shapes]] = await Promise.all([
    findNetwork(api, options.vcnId, wishes, signal),
    domainsAndShapes(api, signal),
  ]);
  const images = new Images(api, signal);
  const found = kinds.map(async (kind, nth) => {
    const places = placesFor(kind, network.kinds[nth] ?? [], domains);
    const fitting = shapesFor(kind, { shapes, places, region: api.region });
    return [kindKey(kind), { places, ...(await withImages(kind, fitting, images)) }] as const;
  });
  return { vcnId: network.vcnId, kinds: new Map(await Promise.all(found)) };
}

export async function domainsAndShapes(
  api: OciApi,
  signal: AbortSignal,
): Promise<readonly [domains: readonly string[], shapes: ReadonlyMap<string, FoundShape>]> {
  const domains = await domainsOf(api, signal);
  return [domains, await shapesIn(api, domains, signal)];
}

/** What is known of the network, once it is found. */
export function networkOf(api: OciApi, found: Promise<Discovery>, signal: AbortSignal): () => Promise<ClusterNetwork> {
  return async () => {
    const { vcnId } = await found;
    return { reach: REACH, ranges: async () => await rangesOf(api, vcnId, signal) };
  };
}

/** @throws Error for a kind that was not looked up */
export function foundKind(kinds: Discovery["kinds"], kind: Pick<OciKind, "role" | "group">): FoundKind {
  const found = kinds.get(kindKey(kind));
  if (found === undefined) throw new Error(`Nothing is known of ${kindInWords(kind)} machines`);
  return found;
}

/** Which of these kinds have GPUs. */
export function gpusOf({ kinds: found }: Discovery, kinds: readonly OciKind[]): FoundGpus {
  const groups = kinds
    .filter(({ role }) => role === "worker")
    .map((kind) => [kind.group?.name ?? DEFAULT_GROUP, foundKind(found, kind).gpu] as const);
  const scheduler = kinds.find(({ role }) => role === "scheduler");
  return {
    ...(scheduler === undefined ? {} : { scheduler: foundKind(found, scheduler).gpu }),
    groups: Object.fromEntries(groups),
  };
}

export async function subnetsFor(
  api: OciApi,
  { options, kinds }: { readonly options: ResolvedOciOptions; readonly kinds: readonly OciKind[] },
  signal: AbortSignal,
): Promise<Network> {
  return await findNetwork(api, options.vcnId, kinds.map(subnetWishes), signal);
}

function subnetWishes(kind: OciKind): SubnetWishes {
  const { subnetId } = kind.options;
  const isPublic = hasPublicIp(kind.role, kind.options);
  return { subnets: listOf(subnetId), option: optionInWords(kind, "subnetId"), isPublic };
}

/** A regional subnet reaches every availability domain, another one its own. */
export function placesFor(kind: OciKind, subnets: readonly Subnet[], domains: readonly string[]): readonly Place[] {
  const option = optionInWords(kind, "availabilityDomain");
  const asked = listOf(kind.options.availabilityDomain).map((wish) => domainNamed(wish, { domains, option }));
  const wanted = asked.length > 0 ? asked : domains;
  const places = wanted.flatMap((availabilityDomain) =>
    subnets
      .filter((subnet) => [undefined, null, availabilityDomain].includes(subnet.availabilityDomain))
      .map(({ id: subnetId }) => ({ subnetId, availabilityDomain })),
  );
  if (places.length > 0) return places;
  const where = subnets.map(({ id, availabilityDomain = "" }) => `${id} (${availabilityDomain})`).join(", ");
  throw invalid(
    `None of the subnets ${where} reaches the availability domain ${wanted.join(", ")} that \`${option}\` names.`,
  );
}

/** `Uocm:PHX-AD-1` by its name, or by its end: `PHX-AD-1`, `AD-1`. */
export function domainNamed(
  wish: string,
  { domains, option }: { readonly domains: readonly string[]; readonly option: string },
): string {
  const lower = wish.toLowerCase();
  const found = domains.find((domain) => {
    const name = domain.toLowerCase();
    return name === lower || name.endsWith(`:${lower}`) || name.endsWith(`-${lower}`);
  });
  if (found !== undefined) return found;
  throw invalid(
    `The region has no availability domain ${wish}, which \`${option}\` names. It has ${domains.join(", ")}.`,
  );
}

interface ShapeQuestion {
  readonly shapes: ReadonlyMap<string, FoundShape>;
  readonly places: readonly Place[];
  readonly region: string;
}

type Fitting = readonly (Omit<KindShape, "imageId"> & { readonly gpu: boolean })[];

/** @throws DaskFleetError `CONFIG_INVALID` for shapes that do not exist, do not go together or are in none of the places */
export function shapesFor(kind: OciKind, { shapes, places, region }: ShapeQuestion): Fitting {
  const names = shapesOf(kind);
  const size = sizeOf(kind);
  const fitting = names.map((name) => {
    const found = shapes.get(name);
    if (found === undefined) {
      throw invalid(`The region ${region} has no shape ${name}${forKind(kind)}, or not for this compartment.`);
    }
    const { shape, domains } = found;
    return { shape: name, domains, config: configOf(name, size, shape), gpu: hasGpu(shape) };
  });
  const wanted = new Set(places.map(({ availabilityDomain }) => availabilityDomain));
  if (!fitting.some(({ domains }) => [...domains].some((domain) => wanted.has(domain)))) {
    throw invalid(`None of ${[...wanted].join(", ")} has the shape ${names.join(" or ")}${forKind(kind)}.`);
  }
  if (new Set(fitting.map(({ gpu }) => gpu)).size > 1) {
    throw invalid(`Of the shapes ${names.join(", ")}${forKind(kind)}, either all must have NVIDIA GPUs or none.`);
  }
  if ((size.ocpus ?? size.memoryInGBs) !== undefined && fitting.every(({ config }) => config === undefined)) {
    throw invalid(
      `The shape ${names.join(", ")}${forKind(kind)} is not flexible: leave \`ocpus\` and \`memoryInGBs\` out.`,
    );
  }
  return fitting;
}

async function withImages(kind: OciKind, fitting: Fitting, images: Images): Promise<Pick<FoundKind, "shapes" | "gpu">> {
  const shapes = fitting.map(async ({ gpu: _gpu, ...shape }) => ({
    ...shape,
    imageId: await images.for(kind, shape.shape),
  }));
  return { shapes: await Promise.all(shapes), gpu: fitting.some(({ gpu }) => gpu) };
}
