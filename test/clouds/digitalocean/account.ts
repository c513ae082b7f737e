import { vi } from "vitest";

import { DropletApi } from "../../../providers/digitalocean/client.ts";
import { DropletCluster, type DropletClusterOptions } from "../../../providers/digitalocean/index.ts";
import type { MachineRequest } from "../../../src/cluster/machine.ts";
import type { ProviderVerbs } from "../../../src/cluster/provider-verbs.ts";
import { clusterTags } from "../../../src/cluster/tags.ts";
import type { MachineRole } from "../../../src/role.ts";
import type { SimulatedDigitalOceanOptions } from "../../simulated/digitalocean/options.ts";
import { SimulatedDigitalOcean } from "../../simulated/digitalocean/simulated-digitalocean.ts";

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends DropletCluster {
  get verbs(): ProviderVerbs {
    return this.providerVerbs();
  }

  request(role: MachineRole, count: number, token = "a-token"): MachineRequest {
    return {
      role,
      count,
      token: `${this.name} ${token}`,
      userData: Buffer.from("#cloud-config\n{}\n"),
      tags: clusterTags(this.name, role, undefined),
    };
  }
}

export function anHour(): AbortSignal {
  return AbortSignal.timeout(3_600_000);
}

/** An account with a token, and nothing in it. */
export class TestAccount implements AsyncDisposable {
  readonly cloud: SimulatedDigitalOcean;
  readonly #clusters: OpenCluster[] = [];

  static async open(options: SimulatedDigitalOceanOptions = {}): Promise<TestAccount> {
    const cloud = await new SimulatedDigitalOcean(options).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    return new TestAccount(cloud);
  }

  private constructor(cloud: SimulatedDigitalOcean) {
    this.cloud = cloud;
  }

  /** Quick, as the simulated cloud is. */
  cluster(options: DropletClusterOptions = {}): OpenCluster {
    const quick = { pollIntervalMs: 20, listLagMs: 150, closeTimeoutMs: 30_000, closeOnExit: false, apiRetries: 2 };
    const cluster = new OpenCluster({ ...quick, ...options });
    this.#clusters.push(cluster);
    return cluster;
  }

  async api(token = [...this.cloud.tokens][0]): Promise<DropletApi> {
    return await DropletApi.open({ token, endpoint: this.cloud.endpoint, apiRetries: 1 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clusters.map((cluster) => cluster.close()));
    await this.cloud[Symbol.asyncDispose]();
  }
}
