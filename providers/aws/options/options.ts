import type { VmOptions } from "../../../src/cloud/cloud-options.ts";

/**
 * Options of an {@link EC2Cluster}. Each can also come from `DASK_CLOUDPROVIDER__EC2__…` or the section `ec2` of
 * `cloudprovider.yaml`, where its name is in snake case.
 */
export interface EC2ClusterOptions extends VmOptions {
  /** Such as `us-east-1`. Default: AWS_REGION, or the region of the AWS profile. */
  readonly region?: string | undefined;
  /** The zone or zones where machines may be, the preferred one first: `us-east-1a`, or its id `use1-az1`. Default: any. */
  readonly availabilityZone?: string | readonly string[] | undefined;
  /**
   * The image of all machines, an Ubuntu or Debian unless `bootstrap` is false. Default: the newest Ubuntu LTS of Canonical for
   * the architecture of the instance type, looked up at the start.
   */
  readonly ami?: string | undefined;
  /**
   * The type of the scheduler's and the workers' machines. Default: `m7i-flex.large` (2 vCPUs, 8 GiB), or where there is none
   * `m7i.large`, `m6i.large` or `m5.large`, which are as large.
   */
  readonly instanceType?: string | undefined;
  /** The type of the scheduler's machine. Default: `instanceType`, which wins where it comes from a more important source. */
  readonly schedulerInstanceType?: string | undefined;
  /** The type of the workers' machines, likewise. */
  readonly workerInstanceType?: string | undefined;
  /**
   * More types of workers' machines, in the order in which they are tried where the ones before are not to be had. Either all of
   * them have NVIDIA GPUs or none. Default: none.
   */
  readonly instanceTypes?: readonly string[] | undefined;
  /** The VPC of the machines. Default: that of `subnetId`, or the region's default VPC. */
  readonly vpc?: string | undefined;
  /** The subnet or subnets of the machines, the preferred one first. Default: one in each zone of the VPC. */
  readonly subnetId?: string | readonly string[] | undefined;
  /**
   * Ids of your own security groups, used as they are: they must admit the members among themselves and you at the ports 8786 and
   * 8788 of the scheduler. Default: two are made for the cluster and removed with it.
   */
  readonly securityGroups?: readonly string[] | undefined;
  /** The opposite of `publicIp`, as dask-cloudprovider has it. */
  readonly usePrivateIp?: boolean | undefined;
  /** Size of each machine's disk in GiB; it is encrypted and goes with the machine. Default: 40. */
  readonly filesystemSize?: number | undefined;
  /** Name of an SSH key pair for the user of the image (`ubuntu`). The cluster's own security group has no open port for SSH. */
  readonly keyName?: string | undefined;
  /** The instance profile that gives tasks access to AWS, such as S3: its name or ARN, or `{ Name }` or `{ Arn }`. */
  readonly iamInstanceProfile?: string | { readonly Name?: string; readonly Arn?: string } | undefined;
  /**
   * More tags of machines, their network interfaces and spot requests; they win over `tags`. The cluster's own tags cannot be
   * replaced; `Name` can.
   */
  readonly instanceTags?: Readonly<Record<string, string>> | undefined;
  /** More tags of disks; they win over `tags`. */
  readonly volumeTags?: Readonly<Record<string, string>> | undefined;
  /** CloudWatch's detailed monitoring of the machines, which AWS charges for. Default: false. */
  readonly enableDetailedMonitoring?: boolean | undefined;
  /**
   * Anything else that EC2's RunInstances takes, with EC2's own names: `{ CreditSpecification: { CpuCredits: "standard" } }`. It is
   * merged last into each request, mappings by their names and lists by their places, so that it can change and add but not
   * remove. What an option of its own decides, and what finds and removes the machines again, is refused.
   */
  readonly runInstances?: Readonly<Record<string, unknown>> | undefined;
}
