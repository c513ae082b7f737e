import type { SimulatedDigitalOcean } from "@dask-fleet/simulated-clouds/digitalocean";

import { tagsFrom } from "../../../providers/digitalocean/tags/tags.ts";
import type { Recorded } from "../recorder.ts";
import type { Built, PlanVariant } from "./built.ts";

/** Firewalls and tags have no tags; those that are shared count, too. */
export function builtOnDigitalOcean(cloud: SimulatedDigitalOcean, clusterName: string): Built {
  const { firewalls, tags } = cloud.account;
  return {
    machines: cloud.machines
      .filter((droplet) => droplet.tags.some((tag) => tag.includes(`:${clusterName}:`)))
      .map(({ id, name, size, image, tags: said }) => ({
        id,
        name,
        type: size,
        image: image ?? "",
        diskGiB: undefined,
        tags: { ...tagsFrom(said), ...foreign(said) },
      })),
    resources: [
      ...firewalls.all
        .filter(({ name }) => name.includes(`.${clusterName}.`))
        .map(({ name }) => ({ kind: "firewall", name })),
      ...[...tags.keys()].map((name) => ({ kind: "tag", name })),
    ],
  };
}

/** The user's own: `team:data`, `nightly`. */
function foreign(names: readonly string[]): Record<string, string> {
  const own = names.filter((name) => !name.startsWith("dask-fleet")).map((name) => name.split(":"));
  return Object.fromEntries(own.map(([key = "", value = ""]) => [key, value]));
}

/** `GET /v2/droplets/{id}`, as in DigitalOcean's reference. */
export function callOnDigitalOcean({ request: { method, url } }: Recorded): string {
  const [, version = "", kind = "", id] = url.pathname.split("/");
  const last = id === undefined ? "" : kind === "tags" ? "/{tag}" : "/{id}";
  return `${method} /${version}/${kind}${last}`;
}

export const variantsOnDigitalOcean: readonly PlanVariant[] = [
  { title: "no firewall, and tags", options: () => ({ nWorkers: 2, createFirewall: false, tags: { team: "data" } }) },
  {
    title: "a VPC network, another size and tags of droplets",
    options: (cloud) => {
      const vpc = (cloud as SimulatedDigitalOcean).account.vpcs.find(({ region }) => region === "fra1");
      return { nWorkers: 1, region: "fra1", vpcUuid: vpc?.id, size: "s-4vcpu-8gb", dropletTags: ["nightly"] };
    },
  },
  {
    title: "three groups, with sizes, images and tags of their own",
    options: () => ({
      image: "ubuntu-24-04-x64",
      workers: {
        cpu: { count: 2, image: "debian-12-x64", tags: { kind: "cpu" } },
        gpu: { count: 1, size: "gpu-h100x1-80gb", dropletTags: ["metered"] },
        big: { maximum: 1, size: "s-4vcpu-8gb", tags: { kind: "big" } },
      },
    }),
  },
];
