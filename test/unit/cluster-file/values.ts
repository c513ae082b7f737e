import type { ClusterFile } from "../../../src/cluster-file/cluster-file.ts";
import { registered } from "../../../src/cluster-file/providers.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";

/** The checked options that a file gives its provider's constructor. */
export async function valuesOf({ provider, options }: ClusterFile): Promise<Readonly<Record<string, unknown>>> {
  const { schema, section } = await registered(provider, "").manifest();
  return resolveOptions(schema, { section, options, env: {}, home: "/nowhere" }).values;
}
