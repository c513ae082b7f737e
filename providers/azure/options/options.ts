import type { VmOptions } from "../../../src/cloud/cloud-options.ts";

/** What gives tokens for Azure's API: a credential of `@azure/identity`, or anything with this method. */
export interface AzureCredential {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** An image of Azure's Marketplace by its four names, or any other by its id. */
export interface AzureImage {
  readonly publisher?: string | undefined;
  readonly offer?: string | undefined;
  readonly sku?: string | undefined;
  /** Default: `latest`, which is looked up at the start, so that all machines have the same. */
  readonly version?: string | undefined;
  /** The id of an image of yours, or of an image in a gallery. */
  readonly id?: string | undefined;
}

/** The plan of a Marketplace image that has one. Its terms must have been accepted in the subscription. */
export interface MarketplacePlan {
  readonly name: string;
  readonly publisher: string;
  readonly product: string;
}

/**
 * Options of an {@link AzureVMCluster}. Each can also come from `DASK_CLOUDPROVIDER__AZURE__AZUREVM__…` or the section
 * `azure.azurevm` of `cloudprovider.yaml`, where its name is in snake case; as in dask-cloudprovider, `location`, `resource_group`
 * and `subscription_id` can also stand in the section `azure`.
 */
export interface AzureVMClusterOptions extends VmOptions {
  /** Where the machines are, such as `eastus`. Needed. */
  readonly location?: string | undefined;
  /** The resource group in which everything is made; it must be there. Needed. */
  readonly resourceGroup?: string | undefined;
  /** Default: AZURE_SUBSCRIPTION_ID, or the default subscription of the Azure command line (`az account show`). */
  readonly subscriptionId?: string | undefined;
  /**
   * The virtual network: its name in `resourceGroup`, or its id. Default: one is made for the cluster and removed with it.
   * With `publicIp: false` it is needed, for this computer must be inside.
   */
  readonly vnet?: string | undefined;
  /** A subnet of `vnet`: its name or its id. Default: the first. */
  readonly subnet?: string | undefined;
  /**
   * A network security group of yours: its name in `resourceGroup`, or its id. It is used as it is, and must admit the members
   * among themselves, and you at the ports 8786 and 8788 of the scheduler. Default: one is made for the cluster and removed with it.
   */
  readonly securityGroup?: string | undefined;
  /** The older spelling of `publicIp`, as dask-cloudprovider has it. */
  readonly publicIngress?: boolean | undefined;
  /** The size of the scheduler's and the workers' machines. Default: `Standard_D2s_v5` (2 vCPUs, 8 GiB), which nearly every location has. */
  readonly vmSize?: string | undefined;
  /** The size of the scheduler's machine. Default: `vmSize`, which wins where it comes from a more important source. */
  readonly schedulerVmSize?: string | undefined;
  /** The size of the workers' machines, likewise. */
  readonly workerVmSize?: string | undefined;
  /**
   * Availability zones, such as `["1", "2"]`, in the order in which they are tried where the ones before have no machine to give.
   * Default: none; Azure chooses.
   */
  readonly zones?: readonly (string | number)[] | undefined;
  /**
   * The image of all machines, an Ubuntu or Debian unless `bootstrap` is false. What is left out of the four names of a
   * Marketplace image is that of the newest Ubuntu LTS (`Canonical:ubuntu-26_04-lts:server`). Default: that one, for the architecture
   * of the size.
   */
  readonly vmImage?: AzureImage | undefined;
  /** Size of each machine's disk in GB; it goes with the machine. Default: 64, which Azure bills like 50. */
  readonly diskSize?: number | undefined;
  /** The plan of a Marketplace image that has one; it names the image, too, unless `vmImage` has an `id`. Default: none. */
  readonly marketplacePlan?: MarketplacePlan | undefined;
  /**
   * A user-assigned managed identity, by its id, that the machines and all tasks on them have. With it, a machine whose Dask has
   * ended deletes itself, if the identity may delete machines in `resourceGroup`; without it, it powers off and is charged for
   * until it is deleted. Default: none.
   */
  readonly managedIdentity?: string | undefined;
  /** The name of the machines' user, who may become root. Passwords are off. Default: `dask`. */
  readonly adminUsername?: string | undefined;
  /**
   * Public keys that may log in as that user, as they stand in `~/.ssh/id_ed25519.pub`. The cluster's own network security group
   * has no open port for SSH. Default: one that is thrown away, since Azure wants one.
   */
  readonly sshKeys?: readonly string[] | undefined;
  /** More tags of the machines, their disks, network interfaces and public addresses alone; they win over `tags`. */
  readonly vmTags?: Readonly<Record<string, string>> | undefined;
  /**
   * What gives tokens for Azure's API. It is not written to the cluster's record, so another process that attaches uses its own.
   * Default: `DefaultAzureCredential` of `@azure/identity`: environment, workload or managed identity, `az login`, …
   */
  readonly credential?: AzureCredential | undefined;
  /**
   * What tokens are asked for, where `endpoint` is none of Azure's own clouds. Default: for `endpoint` of Azure, Azure US Government
   * and Azure China the one that belongs to it, for others `endpoint` itself.
   */
  readonly audience?: string | undefined;
  /**
   * Anything else that Azure's create call of a virtual machine takes, with the names of `@azure/arm-compute`:
   * `{ securityProfile: { encryptionAtHost: true } }`. It is merged last, mappings by their names and lists by their places, and
   * holds for the workers' scale sets, too. What an option of its own decides, and what finds and removes the machines again, is
   * refused.
   */
  readonly extraVmOptions?: Readonly<Record<string, unknown>> | undefined;
}
