import type { NodeTls } from "../security/node-tls.ts";
import type { Role } from "../security/tls-material.ts";
import type { NodeSecrets } from "./secrets/node-secrets.ts";

/**
 * The image that runs Dask when `runtime` is `docker`, pinned: an image that changes under a running cluster gives workers that
 * differ from their scheduler. Tags of dask/dask-docker are `<release>-py<version>`, for linux/amd64 and linux/arm64.
 * `scripts/pin-image.mjs` puts the digest beside the tag.
 */
export const DEFAULT_DOCKER_IMAGE = "ghcr.io/dask/dask:2026.7.1-py3.12";

/** The command line module that every Dask since 2022 has; the console scripts are gone since 2026.6. */
export const DEFAULT_WORKER_MODULE = "distributed.cli.dask_worker";

/** How long a worker may take from the start of its machine's script until it has joined, in milliseconds. */
export const DEFAULT_START_TIMEOUT_MS = 600_000;

/** The ports of a scheduler. */
export interface NodePorts {
  /** Dask's own protocol. Default: 8786. */
  readonly scheduler: number;
  /** The dashboard, on the scheduler's loopback. Default: 8787. */
  readonly dashboard: number;
  /** The gate in front of the dashboard. Default: 8788. */
  readonly gate: number;
  /** Where workers ask for their certificates, inside the cluster's network. Default: 8789. */
  readonly join?: number | undefined;
}

/** Where a scheduler's workers ask for their certificates. */
export const DEFAULT_JOIN_PORT = 8789;

export const DEFAULT_NODE_PORTS: NodePorts = { scheduler: 8786, dashboard: 8787, gate: 8788 };

/** A value of a Dask command line option: `true` is `--flag`, `false` is `--no-flag`, a list repeats the option. */
export type OptionValue = string | number | boolean | readonly string[] | undefined;

/** Options of `dask scheduler` in camelCase: `{ dashboardPrefix: "/x" }` is `--dashboard-prefix=/x`. */
export type SchedulerOptions = Readonly<Record<string, OptionValue>>;

/** Options of `dask worker` in camelCase. Any other option of the image's Dask can be given too. */
export interface WorkerOptions {
  /** Worker processes on each machine; Dask then names them `<node>-0`, `<node>-1`, …. Default 1. */
  readonly nworkers?: number | "auto" | undefined;
  /** Threads of each process. Default: the machine's CPUs divided by the processes. */
  readonly nthreads?: number | undefined;
  /** Of each process: bytes, a fraction of the machine's memory, or a text such as `4GiB`. Default `auto`. */
  readonly memoryLimit?: number | string | undefined;
  /** Abstract resources of each process, such as `{ GPU: 1 }`. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
  /** Whether a nanny restarts the worker. Default true. */
  readonly nanny?: boolean | undefined;
  readonly [option: string]: OptionValue | Readonly<Record<string, number>>;
}

/** A value of Dask's configuration. */
export type DaskSetting = string | number | boolean | null;

/** A proxy, as its URLs, which may hold a user name and a password. */
export interface ProxySpec {
  /** For http:// addresses. */
  readonly http?: string | undefined;
  /** For https:// addresses. */
  readonly https?: string | undefined;
  /** Hosts, domains and addresses that are reached without it, besides the scheduler and the cloud's metadata. */
  readonly noProxy?: readonly string[] | undefined;
}

/** What a machine may be told besides its part in the cluster. A provider adds to it, such as its runtime and image. */
export interface NodeExtras {
  /** Dask configuration by its dotted key, such as `distributed.comm.tls.min-version`; `envVars` win over it. */
  readonly daskSettings?: Readonly<Record<string, DaskSetting>> | undefined;
  /** The scheduler's ports. Default: 8786, 8787 and 8788. */
  readonly ports?: NodePorts | undefined;
  /** Without `security`: whether the dashboard's gate may open without TLS. Default false: then there is no gate. */
  readonly gatePlain?: boolean | undefined;
  /** Port or `first:last` range for a worker's own listener; default any free port. */
  readonly workerPort?: string | undefined;
  /** Port or `first:last` range for a nanny's listener; default any free port. */
  readonly nannyPort?: string | undefined;
  /**
   * cloud-init's name for the address at which the cluster's members reach a machine, as `cloud-init query --format` takes it. Only a
   * machine with workers beside its scheduler needs it. Default: the source address of its way out.
   */
  readonly addressFrom?: string | undefined;
  /**
   * IP address to listen on; `::` is all addresses, IPv4 and IPv6. Default: 0.0.0.0 for a scheduler (its firewall decides who gets
   * in); for a worker the source address of its route to the scheduler.
   */
  readonly host?: string | undefined;
  /** `docker` runs `dockerImage`, `native` the Dask that is on the machine. Default `docker`. */
  readonly runtime?: "docker" | "native" | undefined;
  /** The Python interpreter, on the machine or in the image. Default `python3` (native), `python` (docker). */
  readonly python?: string | undefined;
  /** What `python` is given before everything else, where it is a program that leads to one, such as `nice`. Only native. */
  readonly pythonArgs?: readonly string[] | undefined;
  /**
   * The image that runs Dask. Its entrypoint must run its arguments; it may run as any user. With a digest,
   * `name:tag@sha256:…`, that alone decides. Default: the image of the `dockerImage` option's default.
   */
  readonly dockerImage?: string | undefined;
  /**
   * More arguments of `docker run`, before the image. They decide instead of ours: `--log-driver none`, `--ulimit nofile=…`,
   * `--shm-size` (half of the memory), `--init` (for an image without an entrypoint), `--gpus all`.
   */
  readonly dockerArgs?: readonly string[] | undefined;
  /** Whether the machine installs what it lacks: Docker, and with `gpu` the NVIDIA driver and container toolkit. Default true. */
  readonly bootstrap?: boolean | undefined;
  /** Whether the operating system's automatic updates stay on. Default false: they would restart Docker or Dask. */
  readonly autoUpdates?: boolean | undefined;
  /** Whether Dask is given the machine's GPUs. Default false. */
  readonly gpu?: boolean | undefined;
  /** Shell commands that run as root before anything of the bootstrap, in order, in one bash. The first that fails ends the boot. */
  readonly preBootstrap?: readonly string[] | undefined;
  /** Shell commands that run as root before Dask, in order, in one bash. The first that fails ends the boot. */
  readonly extraBootstrap?: readonly string[] | undefined;
  /** The proxy that leads out of the machine's network, for what the machine installs and pulls, and for Dask. Default: none. */
  readonly proxy?: ProxySpec | undefined;
  /** Environment variables of Dask and of the tasks it runs. They arrive byte for byte. */
  readonly envVars?: Readonly<Record<string, string>> | undefined;
  /**
   * What the machine fetches from stores of secrets: more variables, and logins of registries. Default: nothing.
   *
   * @internal
   */
  readonly secrets?: NodeSecrets | undefined;
  /** More options of `dask scheduler`, in camelCase. */
  readonly schedulerOptions?: SchedulerOptions | undefined;
  /** More options of `dask worker`, in camelCase: `nworkers` (processes), `nthreads`, `memoryLimit`, `resources`, … */
  readonly workerOptions?: WorkerOptions | undefined;
  /**
   * What `python -m` runs on a worker; words after the module are its first arguments, as in `dask cuda worker`. The ports,
   * `workerClass` and a limit on the time to join are only given to the default, `distributed.cli.dask_worker`.
   */
  readonly workerModule?: string | undefined;
  /** Class of the workers, `--worker-class`: a subclass of `distributed.Worker`. */
  readonly workerClass?: string | undefined;
  /** The scheduler ends after so many milliseconds without work, counted from its start. Default: never. */
  readonly idleTimeoutMs?: number | undefined;
  /** When Dask is ended whatever it does. Default: never. */
  readonly expiresAt?: Date | undefined;
  /**
   * How long before {@link expiresAt} this was decided, in milliseconds: a machine that has been up for so long is at its end,
   * whatever its clock says. Default: only the clock tells.
   */
  readonly lifetimeMs?: number | undefined;
  /** Whether the machine powers off when Dask has ended or could not be started. Default false. */
  readonly autoShutdown?: boolean | undefined;
  /** With `autoShutdown`: whether the machine stays on for five minutes after a failure, for its console to be read. Default true. */
  readonly lingers?: boolean | undefined;
  /** With `autoShutdown`: a file of `templates/` that the machine runs before it powers off, to delete itself where that is not enough. */
  readonly endScript?: string | undefined;
  /** How long a worker may take from the start of its machine's script until it has joined, in milliseconds. Default: 10 minutes. */
  readonly startTimeoutMs?: number | undefined;
}

/** Workers that share a machine with their scheduler: a second unit, with a certificate of its own. */
export interface WorkersBeside {
  /** The workers' certificate and key, of the same CA as the scheduler's, or how they come by them. Absent: plain `tcp://`. */
  readonly security?: NodeTls | undefined;
}

/** Everything that a machine must be told to become a node of a Dask cluster. Data only: it names no cloud. */
export interface NodeSpec extends NodeExtras {
  readonly clusterName: string;
  readonly role: Exclude<Role, "client">;
  /** This role's own certificate and key, or how the machine comes by them. Absent: plain `tcp://`. */
  readonly security?: NodeTls | undefined;
  /** Workers on a scheduler's own machine, as its `workerOptions`, `workerModule` and `workerClass` say. Only for a scheduler. */
  readonly beside?: WorkersBeside | undefined;
  /** Where a worker finds its scheduler, such as `tls://10.0.0.4:8786`. Only for workers. */
  readonly schedulerAddress?: string | undefined;
  /** Where the machine reads its node name: cloud-init's instance id, or the host name up to the first dot. */
  readonly nameFrom: "instance-id" | "hostname";
}
