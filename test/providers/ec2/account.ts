import { type DescribeSecurityGroupsCommandOutput, EC2 } from "@aws-sdk/client-ec2";
import { vi } from "vitest";

import type { SimulatedEc2Options } from "../../../packages/simulated-clouds/src/ec2/options.ts";
import { SimulatedEc2 } from "../../../packages/simulated-clouds/src/ec2/simulated-ec2.ts";
import { EC2Cluster, type EC2ClusterOptions } from "../../../providers/aws/index.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { machineTags } from "../../../src/provider/tags.ts";
import { groupNamed, groupsNamed, type WorkerGroup } from "../../../src/provider/worker-group.ts";
import { OpenCluster as AnyOpenCluster } from "../../support/open-cluster.ts";
import { QUICK, TestCloud, anHour, machineRequest, prepareRequest } from "../test-cloud.ts";

export { anHour };

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends AnyOpenCluster {
  static readonly definition = EC2Cluster.definition;

  readonly groups: readonly WorkerGroup[];

  constructor(options: EC2ClusterOptions = {}) {
    const configured = EC2Cluster.definition.resolve(options);
    super(configured);
    this.groups = groupsNamed(configured.options);
  }

  request(role: MachineRole, count: number, token = "a-token"): MachineRequest {
    return machineRequest(this, role, count, token);
  }

  /** Machines of a named group. */
  groupRequest(name: string, count: number): MachineRequest {
    const request = this.request("worker", count, name);
    return { ...request, group: groupNamed(name, this.groups), tags: machineTags(request.tags, "worker", name) };
  }

  async prepared(): Promise<this> {
    await this.verbs.prepare({ ...prepareRequest(this), groups: this.groups }, anHour());
    return this;
  }
}

/** A fresh AWS account, and the means to use it. */
export class TestAccount extends TestCloud<SimulatedEc2, OpenCluster> {
  static async open(options: SimulatedEc2Options = {}): Promise<TestAccount> {
    const cloud = await new SimulatedEc2(options).start();
    const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = cloud.environment();
    vi.stubEnv("AWS_ACCESS_KEY_ID", AWS_ACCESS_KEY_ID);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", AWS_SECRET_ACCESS_KEY);
    return new TestAccount(cloud);
  }

  get options(): EC2ClusterOptions {
    return {
      region: this.cloud.region,
      endpoint: this.cloud.endpoint,
      identityCertificates: `${this.cloud.endpoint}/regions-certs.html`,
      allowedCidrs: ["127.0.0.1/32"],
      ...QUICK,
    };
  }

  cluster(options: EC2ClusterOptions = {}): OpenCluster {
    return this.keep(new OpenCluster({ ...this.options, ...options }));
  }

  /** The account as AWS' own SDK sees it. */
  async ask<Answer>(send: (ec2: EC2) => Promise<Answer>): Promise<Answer> {
    const { region = "", endpoint = "" } = this.options;
    const ec2 = new EC2({ region, endpoint, maxAttempts: 1 });
    try {
      return await send(ec2);
    } finally {
      ec2.destroy();
    }
  }

  async groupsOf(name: string): Promise<NonNullable<DescribeSecurityGroupsCommandOutput["SecurityGroups"]>> {
    const Filters = [{ Name: "tag:cluster-name", Values: [name] }];
    return (await this.ask((ec2) => ec2.describeSecurityGroups({ Filters }))).SecurityGroups ?? [];
  }

  /** The operations so far that change something. */
  get mutations(): readonly string[] {
    return this.cloud.calls.operations().filter((operation) => !/^(?:Describe|Get)/.test(operation));
  }
}
