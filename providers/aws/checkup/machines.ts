import { forKind, kindsOf } from "../../../src/cloud/machines/kinds.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import { groupsNamed } from "../../../src/provider/worker-group.ts";
import type { Ec2Api } from "../api/client.ts";
import { typesOf } from "../machines/candidates.ts";
import { discoverNetwork, type Kind } from "../machines/discovery.ts";
import { imagesById, ubuntuImages } from "../machines/image.ts";
import { describeTypes, type InstanceType } from "../machines/machine-types.ts";
import type { ResolvedEc2Options } from "../options/resolved-options.ts";

/** The scheduler's machine, and those of each group of workers. */
export function allKinds(options: ResolvedEc2Options): readonly Kind[] {
  return kindsOf(options, groupsNamed(options));
}

export async function network(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const { vpcId, kinds } = await discoverNetwork(api, allKinds(options), signal);
  const zones = [...new Set(kinds.flatMap(({ places }) => places.map(({ zone }) => zone)))];
  return { state: "good", found: `${vpcId} with subnets in ${zones.join(", ")}` };
}

export async function types(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const known = await knownTypes(api, allKinds(options), signal);
  const words = [
    ...new Set(
      known.flat().map(({ name, vcpus, zones }) => `${name} (${vcpus} vCPUs, in ${[...zones].sort().join(", ")})`),
    ),
  ];
  return { state: "good", found: words.join(", ") };
}

export async function image(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Observation> {
  const kinds = allKinds(options);
  const given = [...(await imagesById(api, kinds, signal)).keys()];
  const others = kinds.filter(({ options: { ami } }) => ami === undefined);
  const known = others.length === 0 ? [] : await knownTypes(api, others, signal);
  const architectures = [...new Set(known.flat().map(({ architecture }) => architecture))];
  const images = await ubuntuImages(api, architectures, signal);
  const words = [...images].map(([architecture, { id }]) => `${id} (newest Ubuntu LTS, ${architecture})`);
  return { state: "good", found: [...words, ...given].join(", ") };
}

/** Of the types that each kind may have, the ones that the region has, the preferred one first. */
export async function knownTypes(
  api: Ec2Api,
  kinds: readonly Kind[],
  signal: AbortSignal,
): Promise<readonly (readonly InstanceType[])[]> {
  const described = await describeTypes(api, [...new Set(kinds.flatMap((kind) => typesOf(kind).names))], signal);
  return kinds.map((kind) => {
    const { names, asked } = typesOf(kind);
    const known = names.flatMap((name) => described.get(name) ?? []);
    const missing = names.filter((name) => !described.has(name));
    if ((asked && missing.length > 0) || known.length === 0) {
      throw invalid(`The region ${api.region} has no instance type ${missing.join(", ")}${forKind(kind)}.`);
    }
    return known;
  });
}
