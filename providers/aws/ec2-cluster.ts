import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { EC2ClusterOptions } from "./options/options.ts";
import { resolveEc2Options } from "./options/resolved-options.ts";
import { Ec2Provider } from "./provider.ts";

const NAME = "ec2";

/**
 * A Dask cluster on Amazon EC2, in the account that AWS' own credentials chain finds.
 *
 * ```ts
 * await using cluster = await new EC2Cluster({ region: "us-east-1", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the package `@aws-sdk/client-ec2`.
 */
export class EC2Cluster extends ClusterManager {
  /** Finds and removes clusters, and makes handles on them. */
  static readonly definition: ProviderDefinition<EC2ClusterOptions> = defineProvider({
    name: NAME,
    resolve: (options: EC2ClusterOptions = {}) => ({ options: resolveEc2Options(NAME, options) }),
    open: ({ options }) => new Ec2Provider(options),
  });

  constructor(options: EC2ClusterOptions = {}) {
    super(EC2Cluster.definition.resolve(options));
  }
}
