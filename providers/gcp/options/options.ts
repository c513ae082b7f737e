import type { VmOptions } from "../../../src/cloud/cloud-options.ts";

/**
 * Options of a {@link GCPCluster}. Each can also come from `DASK_CLOUDPROVIDER__GCP__…` or the section `gcp` of
 * `cloudprovider.yaml`, where its name is in snake case; dask-cloudprovider's `projectid`, `network_projectid`, `ngpus`,
 * `scheduler_ngpus` and `worker_ngpus` are known there too.
 */
export interface GCPClusterOptions extends VmOptions {
  /** The project that pays. Default: as Google's own tools find it (GOOGLE_CLOUD_PROJECT, the credentials, gcloud, the machine). */
  readonly projectId?: string | undefined;
  /** Where the machines are, such as `us-east1-c`, which is the default. */
  readonly zone?: string | undefined;
  /** Several zones: the next is tried where the ones before have no capacity. Default: `[zone]`. */
  readonly zones?: readonly string[] | undefined;
  /** The VPC network: its name, or `projects/p/global/networks/n`. Default: `default`. */
  readonly network?: string | undefined;
  /** The project that the network lies in, where that is another (Shared VPC). Default: `projectId`. */
  readonly networkProjectId?: string | undefined;
  /**
   * The subnet: its name, or `projects/p/regions/r/subnetworks/s`. Default: the network's own choice; in a network whose subnets
   * were made by hand, the one in the region of the zone, and of several the one that is called as the network.
   */
  readonly subnetwork?: string | undefined;
  /**
   * More network tags of all machines, for firewall rules and routes of your own. Default: none.
   */
  readonly networkTags?: readonly string[] | undefined;
  /**
   * Whether the cluster gets firewall rules of its own, which are removed with it. With `false`, rules of the network must admit
   * the members among themselves, and you at the ports 8786 and 8788 of the scheduler. Default: true.
   */
  readonly createFirewall?: boolean | undefined;
  /** The older spelling of `publicIp`, as dask-cloudprovider has it. */
  readonly publicIngress?: boolean | undefined;
  /**
   * The type of the scheduler's and the workers' machines. Default: `e2-standard-2` (2 vCPUs, 8 GB); with GPUs to attach
   * `n1-standard-4`, and for `nvidia-l4` and A100 the smallest type that comes with so many of them.
   */
  readonly machineType?: string | undefined;
  /** The type of the scheduler's machine. Default: `machineType`. */
  readonly schedulerMachineType?: string | undefined;
  /** The type of the workers' machines. Default: `machineType`. */
  readonly workerMachineType?: string | undefined;
  /**
   * The image of all machines: a name in `projectId`, `family/…`, `projects/…/global/images/…`,
   * `projects/…/global/images/family/…`, or the full address of one. It must have cloud-init, and apt unless `bootstrap` is false:
   * Ubuntu's images do, Google's Debian and Red Hat images do not and are refused. Default: the newest Ubuntu LTS for the
   * architecture of the machine type, looked up at the start.
   */
  readonly sourceImage?: string | undefined;
  /** GPUs to attach to the scheduler and to each worker. Types that come with GPUs (`g2-…`, `a2-…`) need no number. Default: 0. */
  readonly nGpus?: number | "" | undefined;
  /** The type of the GPUs, such as `nvidia-tesla-t4`; needed with `nGpus`. */
  readonly gpuType?: string | undefined;
  /** GPUs of the scheduler. Default: `nGpus`. */
  readonly schedulerNGpus?: number | "" | undefined;
  /** Default: `gpuType`. */
  readonly schedulerGpuType?: string | undefined;
  /** GPUs of each worker. Default: `nGpus`. */
  readonly workerNGpus?: number | "" | undefined;
  /** Default: `gpuType`. */
  readonly workerGpuType?: string | undefined;
  /** Size of each machine's disk in GB; it goes with the machine. Default: 50. */
  readonly filesystemSize?: number | undefined;
  /** Type of the disk, such as `pd-ssd`. Default: `pd-balanced`, or what the machine type demands. */
  readonly diskType?: string | undefined;
  /**
   * What happens to a machine when Google works on its host: `MIGRATE` moves it while it runs, `TERMINATE` ends it. Default:
   * `MIGRATE`; machines with GPUs and spot machines can only be ended.
   */
  readonly onHostMaintenance?: string | undefined;
  /** The older spelling of `spot: true`, as dask-cloudprovider has it. */
  readonly preemptible?: boolean | undefined;
  /** Labels of machines and disks alone; where `tags` has the same name, these win. The cluster's own cannot be replaced. */
  readonly instanceLabels?: Readonly<Record<string, string>> | undefined;
  /** More metadata of the machines, such as `{ "enable-oslogin": "TRUE" }`. What makes them nodes cannot be replaced. */
  readonly instanceMetadata?: Readonly<Record<string, string>> | undefined;
  /**
   * The service account that tasks act as towards Google: its e-mail address, or `default` for the project's own. Default: none,
   * so that tasks can call no Google API in its name.
   */
  readonly serviceAccount?: string | undefined;
  /**
   * What the service account's tokens on the machines are good for, as OAuth scopes. Given without `serviceAccount`, it means the
   * `default` one; `[]` means none at all. Default: reading Cloud Storage, which includes private images of Artifact Registry.
   */
  readonly instanceScopes?: readonly string[] | undefined;
  /**
   * The key of a service account that makes the machines, as the content of its key file. It is not written to the cluster's
   * record, so another process that attaches uses its own. Default: Google's discovery (Application Default Credentials).
   */
  readonly serviceAccountCredentials?:
    | { readonly client_email: string; readonly private_key: string; readonly [more: string]: unknown }
    | undefined;
  /**
   * Anything else that Compute Engine's InstanceProperties has, with its own names: `{ minCpuPlatform: "Intel Ice Lake" }`. It is
   * merged last into what each machine is made from, mappings by their names and lists by their places, so that it can change and
   * add but not remove. What an option of its own decides, and what finds and removes the machines again, is refused.
   */
  readonly instanceProperties?: Readonly<Record<string, unknown>> | undefined;
}
