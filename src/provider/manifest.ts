import type * as z from "zod";

/** What is known of a provider before anything of it is loaded: the command line, the package and the documentation are made from it. */
export interface ProviderFacts {
  /** Its section below `cloudprovider` in Dask's configuration, and its name in records: `ec2`, `azure.azurevm`. */
  readonly section: string;
  /** Its word on the command line, such as `ec2`. */
  readonly command: string;
  /** Its folder in `providers/`, which is also the subpath of the package: `aws` is `dask-fleet/aws`. */
  readonly folder: string;
  /** As people write it, such as `Amazon EC2`. */
  readonly title: string;
  /** The class that users know, such as `EC2Cluster`. */
  readonly className: string;
  /** Packages that a user installs beside this one; optional peers of the package. */
  readonly sdk: readonly string[];
  /** Its page, from the package's root. */
  readonly page: string;
  /** Its cells of the first table of docs/clouds.md, by the row's first cell. Undefined for what is no cloud. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
}

/** {@link ProviderFacts}, and the schema of its options. */
export interface ProviderManifest extends ProviderFacts {
  readonly schema: z.ZodObject;
}
