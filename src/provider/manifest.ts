import type * as z from "zod";

/** What is known of a provider before anything of it is loaded: providers/registry.ts has it of each. */
export interface ProviderFacts {
  /** Its section below `cloudprovider` in Dask's configuration, such as `ec2` or `azure.azurevm`. */
  readonly section: string;
  /** Its word on the command line, its name in records and among the tests, such as `ec2`. */
  readonly command: string;
  /** Its folder in `providers/`, which is also the subpath of the package: `aws` is `dask-fleet/aws`. */
  readonly folder: string;
  /** As tables and the titles of tests have it, such as `EC2`. */
  readonly name: string;
  /** As people write it, such as `Google Cloud`. */
  readonly title: string;
  /** The class that users know, such as `EC2Cluster`. Its options are `EC2ClusterOptions`. */
  readonly className: string;
}

/**
 * Whatever others must know of a provider; each folder of `providers/` has one in its `manifest.ts`. The command line, the package's
 * exports and peers, and tables of the documentation are made from it. It loads no SDK.
 */
export interface ProviderManifest extends ProviderFacts {
  /** Packages that a user installs beside this one; optional peers of the package. */
  readonly sdk: readonly string[];
  /** Its page, from the package's root. */
  readonly page: string;
  /** Values for the options that have no default, such as a cluster in an example has them. */
  readonly needed: Readonly<Record<string, unknown>>;
  /** Its column in the tables of docs/clouds.md. Undefined for what is no cloud. */
  readonly column: CloudColumn | undefined;
  /** The schema of its options. */
  readonly schema: z.ZodObject;
}

/** What a cloud has, a cell for each row of docs/clouds.md; {@link NOT_AVAILABLE} where it has not. The conformance suite tests each. */
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
