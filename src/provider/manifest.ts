import type * as z from "zod";

/** A provider's entry in providers/registry.ts, known before the provider is loaded. */
export interface ProviderFacts {
  /** Its section below `cloudprovider` in Dask's configuration, such as `ec2` or `azure.azurevm`. */
  readonly section: string;
  /** Its name on the command line, in records and in tests, such as `ec2`. */
  readonly command: string;
  /** Its folder in `providers/`, which is also the subpath of the package: `aws` is `dask-fleet/aws`. */
  readonly folder: string;
  /** Its name in tables and titles of tests, such as `EC2`. */
  readonly name: string;
  /** Its name in texts, such as `Google Cloud`. */
  readonly title: string;
  /** Its public class, such as `EC2Cluster`. Its options are `EC2ClusterOptions`. */
  readonly className: string;
}

/**
 * A provider's manifest; each folder of `providers/` has one in its `manifest.ts`. The command line, the package's exports and peers,
 * and tables of the documentation are generated from it. It loads no SDK.
 */
export interface ProviderManifest extends ProviderFacts {
  /** Packages that a user installs in addition; optional peers of this package. */
  readonly sdk: readonly string[];
  /** The path of its page, from the package's root. */
  readonly page: string;
  /** Example values of the options without a default. */
  readonly needed: Readonly<Record<string, unknown>>;
  /** Its column in the tables of docs/clouds.md. Undefined if it is not a cloud. */
  readonly column: CloudColumn | undefined;
  /** The schema of its options. */
  readonly schema: z.ZodObject;
}

/** A cloud's features, a cell for each row of docs/clouds.md; {@link NOT_AVAILABLE} if missing. The conformance suite tests each. */
export interface CloudColumn {
  readonly publicIp: string;
  readonly allowedCidrs: string;
  readonly security: string;
  readonly spot: string;
  readonly maxLifetimeMs: string;
  readonly idleTimeoutMs: string;
  readonly minWorkers: string;
  readonly gpu: string;
  readonly arm: string;
  /** The rows of the table about IPv6. */
  readonly ipv6: {
    readonly only: string;
    readonly both: string;
    readonly allowedCidrs: string;
  };
}

export const NOT_AVAILABLE = "not available on this cloud";
