import { vi } from "vitest";

import { ComputeApi } from "../../../providers/gcp/client.ts";
import { GCPCluster, type GCPClusterOptions } from "../../../providers/gcp/index.ts";
import type { MachineRequest } from "../../../src/cluster/machine.ts";
import type { ProviderVerbs } from "../../../src/cluster/provider-verbs.ts";
import { clusterTags } from "../../../src/cluster/tags.ts";
import type { MachineRole } from "../../../src/role.ts";
import type { SimulatedGcpOptions } from "../../simulated/gcp/options.ts";
import { SimulatedGcp } from "../../simulated/gcp/simulated-gcp.ts";

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends GCPCluster {
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

  async prepared(): Promise<this> {
    const tags = clusterTags(this.name, undefined, undefined);
    await this.verbs.prepare({ tags, expiresAt: undefined }, anHour());
    return this;
  }
}

/** For what comes soon, on a computer that is busy too. */
export const PATIENT = { timeout: 20_000 };

export function anHour(): AbortSignal {
  return AbortSignal.timeout(3_600_000);
}

/** A project of Google's cloud with nothing but what Google gives to everybody, and the means to use it. */
export class TestProject implements AsyncDisposable {
  readonly cloud: SimulatedGcp;
  readonly #clusters: OpenCluster[] = [];

  static async open(options: SimulatedGcpOptions = {}): Promise<TestProject> {
    const cloud = await new SimulatedGcp(options).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    // Otherwise Google's discovery of the project runs gcloud, if there is one, which takes seconds.
    vi.stubEnv("GOOGLE_CLOUD_PROJECT", cloud.project);
    return new TestProject(cloud);
  }

  private constructor(cloud: SimulatedGcp) {
    this.cloud = cloud;
  }

  get options(): GCPClusterOptions {
    return {
      endpoint: this.cloud.endpoint,
      allowedCidrs: ["127.0.0.1/32"],
      apiRetries: 2,
      pollIntervalMs: 20,
      listLagMs: 200,
      closeOnExit: false,
    };
  }

  cluster(options: GCPClusterOptions = {}): OpenCluster {
    const cluster = new OpenCluster({ ...this.options, ...options });
    this.#clusters.push(cluster);
    return cluster;
  }

  async api(apiRetries = 0): Promise<ComputeApi> {
    return await ComputeApi.open({
      projectId: undefined,
      endpoint: this.cloud.endpoint,
      credentials: undefined,
      apiRetries,
    });
  }

  /** The operations so far that change something. */
  get mutations(): readonly string[] {
    return this.cloud.calls.operations().filter((operation) => /\.(?:insert|bulkInsert|delete|patch)$/.test(operation));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clusters.map((cluster) => cluster.close()));
    await this.cloud[Symbol.asyncDispose]();
  }
}
