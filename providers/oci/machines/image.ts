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

/** @throws DaskFleetError `CONFIG_INVALID` for an image that cannot be used */
export async function assertImage(api: OciApi, kind: OciKind, signal: AbortSignal): Promise<void> {
  const { image: imageId } = kind.options;
  if (imageId === undefined) return;
  const image = await imageWithId(api, imageId, signal);
  if (image !== undefined && stateOf(image) === "AVAILABLE") return;
  const why =
    image === undefined ? "OCI does not show it, or not to these credentials" : `it is ${image.lifecycleState}`;
  throw invalid(
    `The image ${imageId}, which \`${optionInWords(kind, "image")}\` names, cannot be used in the region ${api.region}: ${why}.`,
  );
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
export async function ubuntuFor(api: OciApi, shape: string, signal: AbortSignal): Promise<string> {
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
