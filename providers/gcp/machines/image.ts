import { forKind, isOfNamedGroup, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { ImageCache, latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";
import { DaskFleetError, linesOf } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ComputeApi } from "../api/client.ts";
import { lastPart, parseLink } from "../api/links.ts";
import type { Image as ImageAnswer } from "../api/sdk.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import type { GcpKind } from "../options/kinds.ts";
import type { Architecture } from "./machine-types.ts";

/** A machine image, as far as a machine needs to know it. */
export interface Image {
  /** Such as `projects/ubuntu-os-cloud/global/images/ubuntu-…`: the very one, not its family. */
  readonly link: string;
  readonly architecture: Architecture;
  /** GB that its disk has at least. */
  readonly minimumSize: number;
  /** Whether it boots through UEFI, as Shielded VMs do. */
  readonly uefi: boolean;
}

/** Canonical's project of public images. */
const UBUNTU = "ubuntu-os-cloud";

const cache = new ImageCache<Image>();

/** The image of a kind's machines that have that architecture. */
export type ImageFor = (kind: GcpKind, architecture: Architecture) => Promise<Image>;

/** Looks up the images that options name, and later the newest Ubuntu for each architecture without one; each once. */
export async function findImages(api: ComputeApi, kinds: readonly GcpKind[], signal: AbortSignal): Promise<ImageFor> {
  const byName = Map.groupBy(kinds, ({ options }) => options.sourceImage);
  const looks = [...byName].map(async ([name, [kind]]) => {
    return [name, name === undefined ? undefined : await ownImage(api, name, kind, signal)] as const;
  });
  const given = new Map(await Promise.all(looks));
  const ubuntu = new Map<Architecture, Promise<Image>>();
  return async ({ options }, architecture) => {
    const named = given.get(options.sourceImage);
    if (named !== undefined) return named;
    const asked = ubuntu.get(architecture) ?? ubuntuImage(api, architecture, signal);
    ubuntu.set(architecture, asked);
    return await asked;
  };
}

/** @throws DaskFleetError that says which group's option names it */
async function ownImage(api: ComputeApi, name: string, kind: GcpKind | undefined, signal: AbortSignal): Promise<Image> {
  try {
    return await imageNamed(api, name, signal);
  } catch (error) {
    if (kind === undefined || !isOfNamedGroup(kind) || !(error instanceof DaskFleetError)) throw error;
    const place = optionInWords(kind, "sourceImage");
    const [first, ...more] = linesOf(error);
    throw new DaskFleetError(error.code, [`The \`${place}\` option${forKind(kind)}: ${first}`, ...more], {
      cause: error,
      meaning: error.meaning,
    });
  }
}

/** The image that the `sourceImage` option names. */
export async function imageNamed(api: ComputeApi, text: string, signal: AbortSignal): Promise<Image> {
  const { project = api.project, family, name } = parseLink(text) ?? { family: false, name: text };
  const isFamily = family || text.startsWith("family/");
  return imageOf(
    isFamily ? await newestOf(api, project, name, signal) : await get(api, project, name, signal),
    project,
  );
}

/** The newest Ubuntu LTS. It is looked up once an hour at the most. */
export async function ubuntuImage(api: ComputeApi, architecture: Architecture, signal: AbortSignal): Promise<Image> {
  const key = `${api.endpoint ?? ""} ${architecture}`;
  const cached = cache.get(key);
  if (cached !== undefined) return cached;
  const families = ltsFamilies(new Date(), architecture);
  for (const family of families) {
    try {
      const image = imageOf(await newestOf(api, UBUNTU, family, signal), UBUNTU);
      cache.set(key, image);
      return image;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw invalid(`${UBUNTU} has no image of the families ${families.join(", ")}. Set the \`sourceImage\` option.`);
}

/** Google's names for the newest releases, the newest first. */
export function ltsFamilies(today: Date, architecture: Architecture): readonly string[] {
  const suffix = architecture === "ARM64" ? "arm64" : "amd64";
  return latestUbuntuLts(today).map((release) => `ubuntu-${release.replace(".", "")}-lts-${suffix}`);
}

async function newestOf(api: ComputeApi, project: string, family: string, signal: AbortSignal): Promise<ImageAnswer> {
  const [image] = await api.call("images", "getFromFamily", signal, (client, options) =>
    client.getFromFamily({ project, family }, options),
  );
  return image;
}

async function get(api: ComputeApi, project: string, image: string, signal: AbortSignal): Promise<ImageAnswer> {
  const [answer] = await api.call("images", "get", signal, (client, options) =>
    client.get({ project, image }, options),
  );
  return answer;
}

export function imageOf(
  { name, architecture, diskSizeGb, guestOsFeatures, deprecated, status }: ImageAnswer,
  project: string,
): Image {
  const state = deprecated?.state ?? "";
  if (state === "OBSOLETE" || state === "DELETED" || status === "FAILED") {
    const instead = lastPart(deprecated?.replacement);
    throw invalid(
      `The image ${name} is ${state === "" ? "broken" : state.toLowerCase()}${instead === "" ? "" : `; take ${instead} instead`}.`,
    );
  }
  return {
    link: `projects/${project}/global/images/${name}`,
    architecture: architecture === "ARM64" ? "ARM64" : "X86_64",
    minimumSize: Number(diskSizeGb ?? 10),
    uefi: guestOsFeatures?.some(({ type }) => type === "UEFI_COMPATIBLE") ?? false,
  };
}
