import type { ProviderUnderTest } from "../../conformance/provider-under-test.ts";
import { azure } from "../../conformance/providers/azure.ts";
import { digitalocean } from "../../conformance/providers/digitalocean.ts";
import { ec2 } from "../../conformance/providers/ec2.ts";
import { gcp } from "../../conformance/providers/gcp.ts";
import { oci } from "../../conformance/providers/oci.ts";
import type { Disguise } from "../lab/disguise.ts";
import { AzureDisguise } from "./azure.ts";
import { DigitalOceanDisguise } from "./digitalocean.ts";
import { Ec2Disguise } from "./ec2.ts";
import { GceDisguise } from "./gce.ts";
import { OciDisguise } from "./oci.ts";

/** A provider and its machines' disguise in the lab. */
export interface RealCloud {
  readonly name: string;
  readonly provider: ProviderUnderTest;
  readonly disguise: () => Disguise;
  /** The datasource that cloud-init must detect. */
  readonly datasource: string;
  /** Whether its machines run commands of the provider's before the bootstrap. @default false */
  readonly prepares?: boolean;
}

export const EC2: RealCloud = {
  name: "EC2",
  provider: ec2,
  disguise: () => new Ec2Disguise(),
  datasource: "DataSourceEc2Local",
};

export const GCE: RealCloud = {
  name: "GCE",
  provider: gcp,
  disguise: () => new GceDisguise(),
  datasource: "DataSourceGCELocal",
};

export const AZURE: RealCloud = {
  name: "Azure",
  provider: azure,
  disguise: () => new AzureDisguise(),
  datasource: "DataSourceAzure [seed=/var/lib/cloud/seed/azure]",
};

export const DIGITALOCEAN: RealCloud = {
  name: "DigitalOcean",
  provider: digitalocean,
  disguise: () => new DigitalOceanDisguise(),
  datasource: "DataSourceDigitalOcean",
};

export const OCI: RealCloud = {
  name: "OCI",
  provider: oci,
  disguise: () => new OciDisguise(),
  datasource: "DataSourceOracle",
  prepares: true,
};
