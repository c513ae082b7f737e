import { vi } from "vitest";

import { AzureApi } from "../../../providers/azure/client.ts";
import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import type { MachineRequest } from "../../../src/cluster/machine.ts";
import type { ProviderVerbs } from "../../../src/cluster/provider-verbs.ts";
import { clusterTags } from "../../../src/cluster/tags.ts";
import type { MachineRole } from "../../../src/role.ts";
import type { SimulatedAzureOptions } from "../../simulated/azure/options.ts";
import { SimulatedAzure } from "../../simulated/azure/simulated-azure.ts";

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AzureVMCluster {
  get verbs(): ProviderVerbs {
    return this.providerVerbs();
  }

  request(role: MachineRole, count: number): MachineRequest {
    return {
      role,
      count,
      token: `${this.name} a-token`,
      userData: Buffer.from("#cloud-config\n{}\n"),
      tags: clusterTags(this.name, role, undefined),
    };
  }
}

export const FROM_HERE: AzureVMClusterOptions = { allowedCidrs: ["127.0.0.1/32"] };

export function anHour(): AbortSignal {
  return AbortSignal.timeout(3_600_000);
}

/** A subscription with the resource group `dask-rg` in `eastus`, and credentials for it in the environment. */
export class TestSubscription implements AsyncDisposable {
  readonly cloud: SimulatedAzure;
  readonly #clusters: OpenCluster[] = [];

  static async open(options: SimulatedAzureOptions = {}): Promise<TestSubscription> {
    const cloud = await new SimulatedAzure({ throttling: false, ...options }).start();
    const environment = { ...cloud.environment(), AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return new TestSubscription(cloud);
  }

  private constructor(cloud: SimulatedAzure) {
    this.cloud = cloud;
  }

  /** Quick, as the simulated cloud is. */
  cluster(options: AzureVMClusterOptions = {}): OpenCluster {
    const quick = { pollIntervalMs: 20, listLagMs: 150, closeTimeoutMs: 30_000, closeOnExit: false, apiRetries: 2 };
    const cluster = new OpenCluster({ ...quick, ...options });
    this.#clusters.push(cluster);
    return cluster;
  }

  /** A cluster with its network, whose machines are asked for one by one. */
  async prepared(options: AzureVMClusterOptions = {}): Promise<OpenCluster> {
    const cluster = this.cluster({ ...FROM_HERE, ...options });
    await cluster.verbs.prepare(
      { tags: clusterTags(cluster.name, undefined, undefined), expiresAt: undefined },
      anHour(),
    );
    return cluster;
  }

  async api(): Promise<AzureApi> {
    const { endpoint, credential, subscription: subscriptionId } = this.cloud;
    return await AzureApi.open({ endpoint, credential, subscriptionId, audience: undefined, apiRetries: 1 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clusters.map((cluster) => cluster.close()));
    await this.cloud[Symbol.asyncDispose]();
  }
}
