const BASE = "https://www.googleapis.com/compute/v1/";

/** @param path such as `projects/p/zones/z/instances/i` */
export function selfLink(path: string): string {
  return `${BASE}${path}`;
}

/** A full URL, or a partial one such as `zones/z/machineTypes/t`, in its parts. */
export interface Link {
  readonly project?: string;
  readonly zone?: string;
  readonly region?: string;
  /** Such as `machineTypes`. */
  readonly collection: string;
  /** Whether {@link name} is the name of a family. */
  readonly family: boolean;
  readonly name: string;
}

const SHAPE =
  /^(?:projects\/(?<project>[^/]+)\/)?(?:zones\/(?<zone>[^/]+)|regions\/(?<region>[^/]+)|global)\/(?<collection>[^/]+)\/(?<family>family\/)?(?<name>[^/]+)$/u;

/** The parts of a resource URL, or undefined for any other text. */
export function parseLink(text: string): Link | undefined {
  const path = text.replace(/^https:\/\/(?:www|compute)\.googleapis\.com\/compute\/v1\//u, "");
  const { project, zone, region, collection, family, name } = SHAPE.exec(path)?.groups ?? {};
  if (collection === undefined || name === undefined) return undefined;
  return {
    ...(project === undefined ? {} : { project }),
    ...(zone === undefined ? {} : { zone }),
    ...(region === undefined ? {} : { region }),
    collection,
    family: family !== undefined,
    name,
  };
}

/** Where a thing is; neither zone nor region: global. */
export interface Scope {
  readonly project: string;
  readonly zone?: string | undefined;
  readonly region?: string | undefined;
}

/** `projects/p/zones/z`, `projects/p/regions/r` or `projects/p/global`. */
export function scopePath({ project, zone, region }: Scope): string {
  return `projects/${project}/${placeOf({ zone, region })}`;
}

/** `zones/z`, `regions/r` or `global`. */
export function placeOf({ zone, region }: Omit<Scope, "project">): string {
  if (zone !== undefined) return `zones/${zone}`;
  return region === undefined ? "global" : `regions/${region}`;
}
