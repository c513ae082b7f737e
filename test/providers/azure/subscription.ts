import { vi } from "vitest";

import type { SimulatedAzureOptions } from "../../../packages/simulated-clouds/src/azure/options.ts";
import { SimulatedAzure } from "../../../packages/simulated-clouds/src/azure/simulated-azure.ts";
import type { WireReply, WireRequest } from "../../../packages/simulated-clouds/src/core/http-cloud.ts";
import { AzureApi } from "../../../providers/azure/api/client.ts";
import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { Recorder } from "../../conformance/recorder.ts";
import { OpenCluster as AnyOpenCluster } from "../../support/open-cluster.ts";
import { QUICK, TestCloud, anHour, machineRequest, prepareRequest } from "../test-cloud.ts";

export { anHour };

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AnyOpenCluster {
  static readonly definition = AzureVMCluster.definition;

  constructor(options: AzureVMClusterOptions = {}) {
    super(AzureVMCluster.definition.resolve(options));
  }

  request(role: MachineRole, count: number): MachineRequest {
    return machineRequest(this, role, count, "a-token");
  }
}

/** An Azure whose answers a test can replace. */
class WatchedAzure extends SimulatedAzure {
  readonly recorder = new Recorder();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await this.recorder.answer({ operation, request }, () => super.answer(operation, request));
  }
}

export const FROM_HERE: AzureVMClusterOptions = { allowedCidrs: ["127.0.0.1/32"] };

/** As Azure answers. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WireReply {
  return { status, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A subscription with the resource group `dask-rg` in `eastus`, and credentials for it in the environment. */
export class TestSubscription extends TestCloud<WatchedAzure, OpenCluster> {
  static async open(options: SimulatedAzureOptions = {}): Promise<TestSubscription> {
    const cloud = await new WatchedAzure({ throttling: false, ...options }).start();
    const environment = { ...cloud.environment(), AZURE_TOKEN_CREDENTIALS: "EnvironmentCredential" };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return new TestSubscription(cloud);
  }

  cluster(options: AzureVMClusterOptions = {}): OpenCluster {
    return this.keep(new OpenCluster({ ...QUICK, closeTimeoutMs: 30_000, ...options }));
  }

  /** A prepared cluster, whose machines the test creates itself. */
  async prepared(options: AzureVMClusterOptions = {}): Promise<OpenCluster> {
    const cluster = this.cluster({ ...FROM_HERE, ...options });
    await cluster.verbs.prepare(prepareRequest(cluster), anHour());
    return cluster;
  }

  /** From now on, requests of such operations are answered with this, where it is something. Gives the function that ends it. */
  instead(operations: RegExp, reply: WireReply | ((request: WireRequest) => WireReply | undefined)): () => void {
    let isOn = true;
    this.cloud.recorder.watch(({ operation, request }) => {
      if (!isOn || !operations.test(operation)) return undefined;
      return typeof reply === "function" ? reply(request) : reply;
    });
    return () => {
      isOn = false;
    };
  }

  async api(): Promise<AzureApi> {
    const { endpoint, credential, subscription: subscriptionId } = this.cloud;
    return await AzureApi.open({
      endpoint,
      credential,
      subscriptionId,
      audience: undefined,
      apiRetries: 1,
      pollIntervalMs: 20,
    });
  }
}
