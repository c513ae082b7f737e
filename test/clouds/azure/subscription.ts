import { vi } from "vitest";

import { AzureApi } from "../../../providers/azure/client.ts";
import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import type { MachineRequest } from "../../../src/cluster/machine.ts";
import type { ProviderVerbs } from "../../../src/cluster/provider-verbs.ts";
import type { MachineRole } from "../../../src/role.ts";
import type { SimulatedAzureOptions } from "../../simulated/azure/options.ts";
import { SimulatedAzure } from "../../simulated/azure/simulated-azure.ts";
import { anHour, machineRequest, prepareRequest, QUICK, TestCloud } from "../test-cloud.ts";

export { anHour };

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AzureVMCluster {
  get verbs(): ProviderVerbs {
    return this.providerVerbs();
  }

  request(role: MachineRole, count: number): MachineRequest {
    return machineRequest(this.name, role, count, "a-token");
  }
}

export const FROM_HERE: AzureVMClusterOptions = { allowedCidrs: ["127.0.0.1/32"] };

/** A subscription with the resource group `dask-rg` in `eastus`, and credentials for it in the environment. */
export class TestSubscription extends TestCloud<SimulatedAzure, OpenCluster> {
  static async open(options: SimulatedAzureOptions = {}): Promise<TestSubscription> {
    const cloud = await new SimulatedAzure({ throttling: false, ...options }).start();
    const environment = { ...cloud.environment(), AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return new TestSubscription(cloud);
  }

  cluster(options: AzureVMClusterOptions = {}): OpenCluster {
    return this.keep(new OpenCluster({ ...QUICK, closeTimeoutMs: 30_000, ...options }));
  }

  /** A cluster with its network, whose machines are asked for one by one. */
  async prepared(options: AzureVMClusterOptions = {}): Promise<OpenCluster> {
    const cluster = this.cluster({ ...FROM_HERE, ...options });
    await cluster.verbs.prepare(prepareRequest(cluster.name), anHour());
    return cluster;
  }

  async api(): Promise<AzureApi> {
    const { endpoint, credential, subscription: subscriptionId } = this.cloud;
    return await AzureApi.open({ endpoint, credential, subscriptionId, audience: undefined, apiRetries: 1 });
  }
}
