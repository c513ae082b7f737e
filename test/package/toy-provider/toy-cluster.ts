import { ClusterManager, defineProvider, resolveClusterOptions } from "dask-fleet";
import type { ClusterOptions } from "dask-fleet";

import { type ToyCloud, ToyProvider } from "./toy-provider.js";

export interface ToyClusterOptions extends ClusterOptions {
  /** The name of the box in {@link BOXES}. Default: `toys`. */
  readonly box?: string | undefined;
}

/** The toy's clouds. */
export const BOXES = new Map<string, ToyCloud>();

export class ToyCluster extends ClusterManager {
  static readonly definition = defineProvider({
    name: "toy",
    resolve: ({ box = "toys", ...options }: ToyClusterOptions = {}) => ({
      options: { ...resolveClusterOptions("toy", options), box },
    }),
    open: ({ options: { box } }) => new ToyProvider(box, BOXES.get(box)),
  });

  constructor(options: ToyClusterOptions = {}) {
    super(ToyCluster.definition.resolve(options));
  }
}
