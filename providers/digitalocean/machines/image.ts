import { invalid } from "../../../src/options/invalid.ts";
import type { Image } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { isNotFound } from "../errors/droplet-error.ts";
import type { ResolvedDropletOptions } from "../options/resolved-options.ts";

/** Ubuntu's long-term releases are those of April of even years. */
const LTS = /^ubuntu-(?<year>\d[02468])-04-x64$/;

/** The image of all droplets: the one that was asked for, or the newest Ubuntu LTS. */
export async function imageFor(
  api: DropletApi,
  { image, region }: Pick<ResolvedDropletOptions, "image" | "region">,
  signal: AbortSignal,
): Promise<Image> {
  return image === undefined ? await newestUbuntu(api, region, signal) : await imageNamed(api, image, region, signal);
}

async function newestUbuntu(api: DropletApi, region: string, signal: AbortSignal): Promise<Image> {
  const params = { type: "distribution" };
  const images = await api.list<Image>("/images", "images", { params, idOf: ({ id }) => id }, signal);
  const [newest] = images
    .filter(({ slug, regions }) => LTS.test(slug ?? "") && regions.includes(region))
    .sort((a, b) => (b.slug ?? "").localeCompare(a.slug ?? ""));
  if (newest !== undefined) return newest;
  throw invalid(`DigitalOcean has no Ubuntu LTS in the region ${region}: set the \`image\` option.`);
}

async function imageNamed(api: DropletApi, name: string | number, region: string, signal: AbortSignal): Promise<Image> {
  let image: Image;
  try {
    image = await api.get<Image>(`/images/${name}`, "image", signal);
  } catch (error) {
    if (isNotFound(error)) throw invalid(`DigitalOcean has no image ${name}, or not for this account.`);
    throw error;
  }
  if (!image.regions.includes(region)) {
    throw invalid(`The image ${name} is not in the region ${region}; it is in ${image.regions.join(", ")}.`);
  }
  return image;
}
