import type { CloudFailure, ErrorEntry } from "../../../src/cloud/errors/error-table.ts";

/** A failed call of EC2's API, or a machine that came to nothing. */
export interface Ec2Failure extends CloudFailure {
  readonly region: string;
  /** Undefined: the SDK's own. */
  readonly endpoint: string | undefined;
}

export type Ec2Entry = ErrorEntry<Ec2Failure>;

/** The URL that is called. */
export function urlOf({ endpoint, region }: Pick<Ec2Failure, "endpoint" | "region">): string {
  return endpoint ?? `https://ec2.${region}.amazonaws.com`;
}

/** Where quotas are seen and raised. */
export function quotaPage({ region }: Ec2Failure, service = "ec2"): string {
  return `https://${region}.console.aws.amazon.com/servicequotas/home/services/${service}/quotas`;
}
