import { vi } from "vitest";

import type { SimulatedGcpOptions } from "../../../packages/simulated-clouds/src/gcp/options.ts";
import { SimulatedGcp } from "../../../packages/simulated-clouds/src/gcp/simulated-gcp.ts";
import { ComputeApi } from "../../../providers/gcp/api/client.ts";
import { GCPCluster, type GCPClusterOptions } from "../../../providers/gcp/index.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { groupsNamed, type WorkerGroup } from "../../../src/provider/worker-group.ts";
import { OpenCluster as AnyOpenCluster } from "../../support/open-cluster.ts";
import { QUICK, TestCloud, anHour, machineRequest, prepareRequest } from "../test-cloud.ts";

export { anHour };

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AnyOpenCluster {
  static readonly definition = GCPCluster.definition;

  readonly groups: readonly WorkerGroup[];

  constructor(options: GCPClusterOptions = {}) {
    const configured = GCPCluster.definition.resolve(options);
    super(configured);
    this.groups = groupsNamed(configured.options);
  }

  request(role: MachineRole, count: number, token = "a-token"): MachineRequest {
    return machineRequest(this, role, count, token);
  }

  async prepared(): Promise<this> {
    await this.verbs.prepare({ ...prepareRequest(this), groups: this.groups }, anHour());
    return this;
  }
}

/** For events that are due soon, even on a busy computer. */
export const PATIENT = { timeout: 20_000 };

/** A fresh Google Cloud project, and the means to use it. */
export class TestProject extends TestCloud<SimulatedGcp, OpenCluster> {
  static async open(options: SimulatedGcpOptions = {}): Promise<TestProject> {
    const cloud = await new SimulatedGcp(options).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    // Otherwise Google's discovery of the project runs gcloud, if there is one, which takes seconds.
    vi.stubEnv("GOOGLE_CLOUD_PROJECT", cloud.project);
    return new TestProject(cloud);
  }

  get options(): GCPClusterOptions {
    return { endpoint: this.cloud.endpoint, allowedCidrs: ["127.0.0.1/32"], ...QUICK };
  }

  cluster(options: GCPClusterOptions = {}): OpenCluster {
    return this.keep(new OpenCluster({ ...this.options, ...options }));
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
}
