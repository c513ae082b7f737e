import type * as z from "zod";

import { vmFields } from "../../../src/cloud/cloud-schema.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";
import type { ProviderManifest } from "../../../src/provider/manifest.ts";

/** What the generators need to know of a provider. */
export type Provider = Pick<
  ProviderManifest,
  "section" | "command" | "folder" | "title" | "className" | "page" | "column" | "schema"
>;

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
    table: "every cluster",
    name: "ClusterOptions",
    module: "src/provider/cluster-options.ts",
    about: "The options that every cluster has, wherever its machines are.",
    shape: clusterFields,
  },
  {
    table: "every cloud",
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
