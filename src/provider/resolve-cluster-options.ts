import * as z from "zod";

import { resolveOptions } from "../options/resolve.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { clusterFields } from "./cluster-schema.ts";
import { groupsOption } from "./groups/groups-option.ts";
import type { GroupedOptions } from "./worker-group.ts";

const schema = z.object(clusterFields);

/**
 * Resolves the options that every cluster has, from the constructor, the environment and Dask's configuration files. A provider takes
 * its own options out first: others are refused.
 *
 * @param section below `cloudprovider` in Dask's configuration: `toy` is `DASK_CLOUDPROVIDER__TOY__N_WORKERS`
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function resolveClusterOptions(section: string, options: ClusterOptions = {}): GroupedOptions {
  const checked = resolveOptions(schema, { section, options });
  return { ...checked.values, ...groupsOption(checked) };
}
