import type { DescribeSecurityGroupsCommandOutput, EC2 } from "@aws-sdk/client-ec2";
import { vi } from "vitest";

import { Ec2Api } from "../../../providers/aws/client.ts";
import { EC2Cluster, type EC2ClusterOptions } from "../../../providers/aws/index.ts";
import type { MachineRequest } from "../../../src/cluster/machine.ts";
import type { ProviderVerbs } from "../../../src/cluster/provider-verbs.ts";
import { clusterTags } from "../../../src/cluster/tags.ts";
import type { MachineRole } from "../../../src/role.ts";
import type { SimulatedEc2Options } from "../../simulated/ec2/options.ts";
import { SimulatedEc2 } from "../../simulated/ec2/simulated-ec2.ts";

/** A cluster whose verbs a test can call one by one. */
export class OpenCluster extends EC2Cluster {
  get verbs(): ProviderVerbs {
    return this.providerVerbs();
  }

  request(role: MachineRole, count: number, token = "a-token"): MachineRequest {
    return {
      role,
      count,
      token: `${this.name} ${role} ${token}`,
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

export function anHour(): AbortSignal {
  return AbortSignal.timeout(3_600_000);
}

/** An AWS account with nothing but what AWS gives to everybody, and the means to use it. */
export class TestAccount implements AsyncDisposable {
  readonly cloud: SimulatedEc2;
  readonly #clusters: OpenCluster[] = [];

  static async open(options: SimulatedEc2Options = {}): Promise<TestAccount> {
    const cloud = await new SimulatedEc2(options).start();
    const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = cloud.environment();
    vi.stubEnv("AWS_ACCESS_KEY_ID", AWS_ACCESS_KEY_ID);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", AWS_SECRET_ACCESS_KEY);
    return new TestAccount(cloud);
  }

  private constructor(cloud: SimulatedEc2) {
    this.cloud = cloud;
  }

  get options(): EC2ClusterOptions {
    return {
      region: this.cloud.region,
      endpoint: this.cloud.endpoint,
      allowedCidrs: ["127.0.0.1/32"],
      apiRetries: 2,
      pollIntervalMs: 20,
      listLagMs: 200,
      closeOnExit: false,
    };
  }

  cluster(options: EC2ClusterOptions = {}): OpenCluster {
    const cluster = new OpenCluster({ ...this.options, ...options });
    this.#clusters.push(cluster);
    return cluster;
  }

  /** The account as AWS' own SDK sees it. */
  async ask<Answer>(send: (ec2: EC2) => Promise<Answer>): Promise<Answer> {
    const { region = "", endpoint } = this.options;
    const api = await Ec2Api.open({ region, endpoint, apiRetries: 0 });
    try {
      return await api.call("test", anHour(), send);
    } finally {
      api.close();
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

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#clusters.map((cluster) => cluster.close()));
    await this.cloud[Symbol.asyncDispose]();
  }
}
