import type * as z from "zod";

import { schema as aws } from "../../../providers/aws/options/schema.ts";
import { schema as azure } from "../../../providers/azure/options/schema.ts";
import { schema as digitalocean } from "../../../providers/digitalocean/options/schema.ts";
import { schema as gcp } from "../../../providers/gcp/options/schema.ts";
import { schema as local } from "../../../providers/local/options/schema.ts";
import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";
import type { ProviderManifest } from "../../../src/provider/manifest.ts";

/** What the generators need to know of a provider. */
export type Provider = Pick<
  ProviderManifest,
  "section" | "command" | "folder" | "title" | "className" | "page" | "schema"
>;

const page = (folder: string): string => `docs/providers/${folder}.md`;

/** The one place that lists the providers, until their manifests do. */
export const PROVIDERS: readonly Provider[] = [
  {
    section: "local",
    command: "local",
    folder: "local",
    title: "this computer",
    className: "LocalCluster",
    page: page("local"),
    schema: local,
  },
  {
    section: "ec2",
    command: "ec2",
    folder: "aws",
    title: "Amazon EC2",
    className: "EC2Cluster",
    page: page("aws"),
    schema: aws,
  },
  {
    section: "gcp",
    command: "gcp",
    folder: "gcp",
    title: "Google Compute Engine",
    className: "GCPCluster",
    page: page("gcp"),
    schema: gcp,
  },
  {
    section: "azure.azurevm",
    command: "azure",
    folder: "azure",
    title: "Azure",
    className: "AzureVMCluster",
    page: page("azure"),
    schema: azure,
  },
  {
    section: "digitalocean",
    command: "digitalocean",
    folder: "digitalocean",
    title: "DigitalOcean",
    className: "DropletCluster",
    page: page("digitalocean"),
    schema: digitalocean,
  },
];

type Shape = Readonly<Record<string, z.ZodType>>;

/** The options that several providers have, the most general first. Each is in its own interface and its own table. */
export const COMMON: readonly {
  readonly table: string;
  readonly name: string;
  readonly module: string;
  readonly about: string;
  readonly shape: Shape;
}[] = [
  {
    table: "cluster",
    name: "ClusterOptions",
    module: "src/provider/cluster-options.ts",
    about: "The options that every cluster has, wherever its machines are.",
    shape: clusterFields,
  },
  {
    table: "cloud",
    name: "VmOptions",
    module: "src/cloud/cloud-options.ts",
    about: "The options that clusters on machines of a cloud have, whichever cloud it is.",
    shape: vmFields,
  },
];

/** What a shape adds to the more general ones that it is made of, or says otherwise. */
export function ownShape(shape: Shape, bases: readonly Shape[]): Shape {
  return Object.fromEntries(
    Object.entries(shape).filter(([name, field]) => !bases.some((base) => base[name] === field)),
  );
}

/** The most special common options that a shape has all of. */
export function baseOf(shape: Shape): (typeof COMMON)[number] | undefined {
  return COMMON.findLast(
    (common) => common.shape !== shape && Object.keys(common.shape).every((name) => name in shape),
  );
}
