import { vi } from "vitest";

import type { SimulatedOciOptions } from "../../../packages/simulated-clouds/src/oci/options.ts";
import { SimulatedOci } from "../../../packages/simulated-clouds/src/oci/simulated-oci.ts";
import { OciApi } from "../../../providers/oci/api/client.ts";
import { OCICluster, type OCIClusterOptions } from "../../../providers/oci/index.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { OpenCluster as AnyOpenCluster } from "../../support/open-cluster.ts";
import { QUICK, TestCloud, anHour, machineRequest, prepareRequest } from "../test-cloud.ts";

export { anHour };

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AnyOpenCluster {
  static readonly definition = OCICluster.definition;

  constructor(options: OCIClusterOptions = {}) {
    super(OCICluster.definition.resolve(options));
  }

  request(role: MachineRole, count: number, token = "a-token"): MachineRequest {
    return machineRequest(this, role, count, token);
  }

  async prepared(): Promise<this> {
    await this.verbs.prepare(prepareRequest(this), anHour());
    return this;
  }
}

/** A fresh tenancy, and the means to use it. */
export class TestTenancy extends TestCloud<SimulatedOci, OpenCluster> {
  static async open(options: SimulatedOciOptions = {}): Promise<TestTenancy> {
    const cloud = await new SimulatedOci({ throttling: false, ...options }).start();
    for (const [name, value] of Object.entries(cloud.environment())) vi.stubEnv(name, value);
    return new TestTenancy(cloud);
  }

  cluster(options: OCIClusterOptions = {}): OpenCluster {
    return this.keep(new OpenCluster({ ...QUICK, allowedCidrs: ["127.0.0.1/32"], ...options }));
  }

  async api(options: Partial<Parameters<typeof OciApi.open>[0]> = {}): Promise<OciApi> {
    const { endpoint, compartment: compartmentId } = this.cloud;
    return await OciApi.open({ endpoint, compartmentId, apiRetries: 1, ...options });
  }

  /** The operations so far that change something. */
  get mutations(): readonly string[] {
    return this.cloud.calls.operations().filter((operation) => !/^(?:Get|List|CreateComputeCapacity)/.test(operation));
  }
}
