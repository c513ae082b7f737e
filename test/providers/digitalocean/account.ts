import { vi } from "vitest";

import type { SimulatedDigitalOceanOptions } from "../../../packages/simulated-clouds/src/digitalocean/options.ts";
import { SimulatedDigitalOcean } from "../../../packages/simulated-clouds/src/digitalocean/simulated-digitalocean.ts";
import { DropletApi } from "../../../providers/digitalocean/api/client.ts";
import { DropletCluster, type DropletClusterOptions } from "../../../providers/digitalocean/index.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { OpenCluster as AnyOpenCluster } from "../../support/open-cluster.ts";
import { QUICK, TestCloud, anHour, machineRequest } from "../test-cloud.ts";

export { anHour };

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AnyOpenCluster {
  static readonly definition = DropletCluster.definition;

  constructor(options: DropletClusterOptions = {}) {
    super(DropletCluster.definition.resolve(options));
  }

  request(role: MachineRole, count: number, token = "a-token"): MachineRequest {
    return machineRequest(this, role, count, token);
  }
}

/** An empty account with a token. */
export class TestAccount extends TestCloud<SimulatedDigitalOcean, OpenCluster> {
  static async open(options: SimulatedDigitalOceanOptions = {}): Promise<TestAccount> {
    const cloud = await new SimulatedDigitalOcean(options).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    return new TestAccount(cloud);
  }

  cluster(options: DropletClusterOptions = {}): OpenCluster {
    return this.keep(new OpenCluster({ ...QUICK, closeTimeoutMs: 30_000, ...options }));
  }

  async api(token = [...this.cloud.tokens][0]): Promise<DropletApi> {
    return await DropletApi.open({ token, endpoint: this.cloud.endpoint, apiRetries: 1 });
  }
}
