import { optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { ImageCache, latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { OciApi } from "../api/client.ts";
import type { Image, ListImages } from "../api/sdk.ts";
import { stateOf } from "../api/state.ts";
import { isNotFound } from "../errors/oci-error.ts";
import type { OciKind } from "../options/kinds.ts";

const UBUNTU = "Canonical Ubuntu";

const cache = new ImageCache<string>();

/** Images of one discovery: each is looked up once, for however many kinds of machines. */
export class Images {
  readonly #api: OciApi;
  readonly #signal: AbortSignal;
  readonly #found = new Map<string, Promise<string>>();

  constructor(api: OciApi, signal: AbortSignal) {
    this.#api = api;
    this.#signal = signal;
  }

  /**
   * The OCID of the image for machines of a kind and shape.
   *
   * @throws DaskFleetError `CONFIG_INVALID` for one that cannot be used
   */
  async for(kind: OciKind, shape: string): Promise<string> {
    const { image } = kind.options;
    const found = this.#found.get(image ?? shape) ?? this.#find(kind, shape);
    this.#found.set(image ?? shape, found);
    return await found;
  }

  async #find(kind: OciKind, shape: string): Promise<string> {
    const { image } = kind.options;
    if (image === undefined) return await ubuntuFor(this.#api, shape, this.#signal);
    await assertImage(this.#api, { image, option: optionInWords(kind, "image") }, this.#signal);
    return image;
  }
}

async function assertImage(
  api: OciApi,
  { image: imageId, option }: { readonly image: string; readonly option: string },
  signal: AbortSignal,
): Promise<void> {
  const image = await imageWithId(api, imageId, signal);
  if (image !== undefined && stateOf(image) === "AVAILABLE") return;
  const why =
    image === undefined ? "OCI does not show it, or not to these credentials" : `it is ${image.lifecycleState}`;
  throw invalid(`The image ${imageId}, which \`${option}\` names, cannot be used in the region ${api.region}: ${why}.`);
}

async function imageWithId(api: OciApi, imageId: string, signal: AbortSignal): Promise<Image | undefined> {
  try {
    const { image } = await api.call("compute", "GetImage", signal, (client) => client.getImage({ imageId }));
    return image;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The newest Ubuntu LTS that a shape boots. It is looked up once an hour at the most. */
async function ubuntuFor(api: OciApi, shape: string, signal: AbortSignal): Promise<string> {
  const key = `${api.endpoint ?? ""} ${api.region} ${shape}`;
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const versions = latestUbuntuLts(new Date());
  const found = await Promise.all(versions.map((version) => newestOf(api, { version, shape }, signal)));
  const image = found.find((id) => id !== undefined);
  if (image === undefined) {
    throw invalid(
      `OCI has no Ubuntu LTS for the shape ${shape} in the region ${api.region}: set the \`image\` option.`,
    );
  }
  cache.set(key, image);
  return image;
}

async function newestOf(
  api: OciApi,
  { version, shape }: { readonly version: string; readonly shape: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const wanted = {
    compartmentId: api.compartmentId,
    // The SDK encodes nothing that it asks for.
    operatingSystem: encodeURIComponent(UBUNTU),
    operatingSystemVersion: version,
    shape,
    sortBy: "TIMECREATED",
    sortOrder: "DESC",
    lifecycleState: "AVAILABLE",
    limit: 10,
  } as ListImages;
  const { items } = await api.call("compute", "ListImages", signal, (client) => client.listImages(wanted));
  return items.find(({ operatingSystem }) => operatingSystem === UBUNTU)?.id;
}
