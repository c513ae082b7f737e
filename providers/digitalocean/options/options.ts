import type { VmOptions } from "../../../src/cloud/cloud-options.ts";

/**
 * Options of a {@link DropletCluster}. Each can also come from `DASK_CLOUDPROVIDER__DIGITALOCEAN__…` or the section `digitalocean`
 * of `cloudprovider.yaml`, where its name is in snake case.
 */
export interface DropletClusterOptions extends VmOptions {
  /**
   * The API token. It is never written to the cluster's record nor sent to a machine. Default: DIGITALOCEAN_TOKEN or
   * DIGITALOCEAN_ACCESS_TOKEN, as DigitalOcean's own tools have it.
   */
  readonly token?: string | undefined;
  /** Where the droplets are. Default: `nyc3`. */
  readonly region?: string | undefined;
  /** The size of the scheduler's and the workers' droplets. Default: `s-2vcpu-4gb` (2 vCPUs, 4 GiB). */
  readonly size?: string | undefined;
  /** The size of the scheduler's droplet. Default: `size`, which wins where it comes from a more important source. */
  readonly schedulerSize?: string | undefined;
  /** The size of the workers' droplets, likewise. */
  readonly workerSize?: string | undefined;
  /**
   * The image of all droplets, an Ubuntu or Debian unless `bootstrap` is false: a slug such as `ubuntu-24-04-x64`, or the id of an
   * image or a snapshot of yours. Default: the newest Ubuntu LTS, looked up at the start.
   */
  readonly image?: string | number | undefined;
  /** The VPC network, by its id. Default: the region's own. */
  readonly vpcUuid?: string | undefined;
  /** SSH keys for root, by id or fingerprint. The cluster's own firewall has no open port for SSH. Default: none. */
  readonly sshKeys?: readonly (string | number)[] | undefined;
  /** Whether DigitalOcean's metrics agent is installed, which costs nothing. Default: false. */
  readonly monitoring?: boolean | undefined;
  /**
   * More tags of the droplets, as DigitalOcean has them: names without values. A firewall of yours that applies to such a tag opens
   * the droplets as it says. Default: none.
   */
  readonly dropletTags?: readonly string[] | undefined;
  /**
   * Whether the cluster gets cloud firewalls of its own, which are removed with it. With `false`, a firewall of yours must admit
   * the members among themselves, and you at the ports 8786 and 8788 of the scheduler; one that you apply to a tag of
   * `dropletTags` does. Default: true.
   */
  readonly createFirewall?: boolean | undefined;
  /**
   * Anything else that a create call of droplets takes, with DigitalOcean's own names: `{ ipv6: true }`. It is merged last into each
   * request. What an option of its own decides, and what finds and removes the droplets again, is refused.
   */
  readonly extraDropletOptions?: Readonly<Record<string, unknown>> | undefined;
}
