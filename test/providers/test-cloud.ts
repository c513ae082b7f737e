import type { PrepareRequest } from "../../src/provider/cloud-provider.ts";
import type { MachineRequest } from "../../src/provider/machine.ts";
import type { MachineRole } from "../../src/provider/role.ts";
import { clusterTags } from "../../src/provider/tags.ts";

/** Quick, as the simulated clouds are, for the options of clusters there. Their simulated hours are no idle time. */
export const QUICK = {
  apiRetries: 2,
  pollIntervalMs: 20,
  listLagMs: 200,
  closeOnExit: false,
  idleTimeoutMs: 0,
  noClientTimeoutMs: 0,
} as const;

export function anHour(): AbortSignal {
  return AbortSignal.timeout(3_600_000);
}

interface Named {
  readonly name: string;
  readonly id: string | undefined;
}

/** What a cluster asks its provider for when it wants machines. */
export function machineRequest(cluster: Named, role: MachineRole, count: number, token: string): MachineRequest {
  return {
    role,
    count,
    token: `${cluster.name} ${role} ${token}`,
    userData: Buffer.from("#cloud-config\n{}\n"),
    tags: clusterTags(cluster, role, undefined),
  };
}

/** The same before there are machines. */
export function prepareRequest(cluster: Named): PrepareRequest {
  return { tags: clusterTags(cluster, undefined, undefined), groups: [], expiresAt: undefined };
}

/** A simulated cloud with a fresh account, and the clusters of a test on it. */
export class TestCloud<
  Cloud extends AsyncDisposable,
  Cluster extends { close(): Promise<void> },
> implements AsyncDisposable {
  readonly cloud: Cloud;
  readonly #clusters: Cluster[] = [];

  constructor(cloud: Cloud) {
    this.cloud = cloud;
  }

  /** Closes the cluster at the end of the test. */
  protected keep(cluster: Cluster): Cluster {
    this.#clusters.push(cluster);
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clusters.map((cluster) => cluster.close()));
    await this.cloud[Symbol.asyncDispose]();
  }
}
