/** A link to a resource of Compute Engine, full (`https://…`) or partial (`projects/p/global/images/i`, `global/images/i`). */
export interface Link {
  readonly project?: string | undefined;
  readonly zone?: string | undefined;
  readonly region?: string | undefined;
  /** Such as `images`. */
  readonly collection: string;
  /** Whether {@link name} is the name of a family of images. */
  readonly family: boolean;
  readonly name: string;
}

const SHAPE =
  /^(?:https:\/\/(?:www|compute)\.googleapis\.com\/compute\/[a-z0-9]+\/)?(?:projects\/(?<project>[^/]+)\/)?(?:zones\/(?<zone>[^/]+)\/|regions\/(?<region>[^/]+)\/|global\/)?(?<collection>[a-zA-Z]+)\/(?<family>family\/)?(?<name>[^/]+)$/u;

/** Undefined where the text is none. */
export function parseLink(text: string): Link | undefined {
  const { project, zone, region, collection, family, name } = SHAPE.exec(text)?.groups ?? {};
  if (collection === undefined || name === undefined) return undefined;
  return { project, zone, region, collection, family: family !== undefined, name };
}

/** The last part of a link, or the name itself. */
export function lastPart(link: string | null | undefined): string {
  return (link ?? "").slice((link ?? "").lastIndexOf("/") + 1);
}

/** `us-east1` for `us-east1-c`. */
export function regionOf(zone: string): string {
  return zone.slice(0, zone.lastIndexOf("-"));
}
