import { forKind, isOfNamedGroup, type MachineKind, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Ec2Api } from "../api/client.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";
import { typesOf } from "./candidates.ts";
import { type Image, imagesById, ubuntuImages } from "./image.ts";
import { type Architecture, describeTypes, type InstanceType } from "./machine-types.ts";

type Kind = MachineKind<ResolvedEc2Options>;

export interface TypesAndImages {
  readonly types: ReadonlyMap<string, InstanceType>;
  readonly imageFor: (kind: Kind, architecture: Architecture) => Image;
}

/**
 * Machine types and images of all kinds, in as many calls as for one: each kind's own image, or the newest Ubuntu for each
 * architecture of the others.
 */
export async function typesAndImages(
  api: Ec2Api,
  kinds: readonly Kind[],
  signal: AbortSignal,
): Promise<TypesAndImages> {
  const names = [...new Set(kinds.flatMap((kind) => typesOf(kind).names))];
  const [types, given] = await Promise.all([describeTypes(api, names, signal), imagesById(api, kinds, signal)]);
  const architectures = (kind: Kind): readonly Architecture[] =>
    typesOf(kind).names.flatMap((name) => types.get(name)?.architecture ?? []);
  const wanted = kinds.filter(({ options }) => options.ami === undefined).flatMap(architectures);
  const ubuntu =
    wanted.length === 0 ? new Map<Architecture, Image>() : await ubuntuImages(api, [...new Set(wanted)], signal);
  const imageFor = ({ options: { ami } }: Kind, architecture: Architecture): Image => {
    const image = ami === undefined ? ubuntu.get(architecture) : given.get(ami);
    if (image === undefined) throw invalid(`There is no image for ${architecture}.`);
    return image;
  };
  for (const kind of kinds) {
    const { ami } = kind.options;
    if (ami !== undefined) assertFits(kind, imageFor(kind, "x86_64"), types);
    for (const architecture of architectures(kind)) assertRoom(kind, imageFor(kind, architecture));
  }
  return { types, imageFor };
}

function assertFits(kind: Kind, { id, architecture }: Image, types: ReadonlyMap<string, InstanceType>): void {
  for (const type of typesOf(kind).names.flatMap((name) => types.get(name) ?? [])) {
    if (type.architecture === architecture) continue;
    throw invalid(
      `The image ${id} is for ${architecture}, but the instance type ${type.name} is ${type.architecture}.${remedy(kind)}`,
    );
  }
}

/** Groups of another architecture than the cluster's image need their own. */
function remedy(kind: Kind): string {
  const isInherited = isOfNamedGroup(kind) && !Object.hasOwn(kind.group?.options ?? {}, "ami");
  return isInherited ? ` Set \`workers.${kind.group?.name}.ami\`.` : "";
}

function assertRoom(kind: Kind, { id, minimumSize }: Image): void {
  const { diskSize } = kind.options;
  if (diskSize >= minimumSize) return;
  throw invalid(
    `Expected the \`${optionInWords(kind, "diskSize")}\` option to be at least ${minimumSize}, the size of the image ${id}${forKind(kind)}, got \`${diskSize}\` (number)`,
  );
}
