import type { WireReply, WireRequest } from "@dask-fleet/simulated-clouds";
import {
  type CapacityRule,
  errorReply,
  SimulatedEc2,
  type SimulatedEc2Options,
} from "@dask-fleet/simulated-clouds/ec2";

import { EC2Cluster } from "../../../providers/aws/index.ts";
import { manifest } from "../../../providers/aws/manifest.ts";
import type { Resource } from "../../../src/provider/machine.ts";
import type { Built } from "../built/built.ts";
import { builtOnEc2, variantsOnEc2 } from "../built/ec2.ts";
import type {
  Behaviour,
  CloudUnderTest,
  ClusterOptions,
  Creation,
  MachineView,
  ProviderUnderTest,
  Statics,
} from "../provider-under-test.ts";
import { type Recorded, Recorder } from "../recorder.ts";
import { staticsOf } from "../statics.ts";
import { testOptions } from "../test-options.ts";

const REGION = "us-east-1";
const PARTS: ReadonlySet<string> = new Set(["volume", "network interface"]);
const DEFAULT_VCPUS = 2;

class RecordedEc2 extends SimulatedEc2 {
  readonly recorder = new Recorder();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await this.recorder.answer({ operation, request }, () => super.answer(operation, request));
  }
}

class Ec2UnderTest implements CloudUnderTest {
  readonly cloud: RecordedEc2;
  readonly #spot: CapacityRule;

  static async open({ room, spotRoom, quota, ...behaviour }: Behaviour): Promise<Ec2UnderTest> {
    const spot: CapacityRule = { market: "spot", instances: spotRoom ?? Infinity };
    const options: SimulatedEc2Options = {
      ...behaviour,
      region: REGION,
      capacity: [spot, ordinary(room ?? Infinity)],
      ...(quota === undefined ? {} : { quotas: { vcpus: { standard: quota * DEFAULT_VCPUS } } }),
    };
    const cloud = new RecordedEc2(options);
    await cloud.start();
    return new Ec2UnderTest(cloud, spot);
  }

  private constructor(cloud: RecordedEc2, spot: CapacityRule) {
    this.cloud = cloud;
    this.#spot = spot;
    // The same for all simulated clouds; where the cloud is stands in the options of each cluster.
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = cloud.environment();
    Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
  }

  get recorder(): Recorder {
    return this.cloud.recorder;
  }

  get machines(): readonly MachineView[] {
    return this.cloud.machines
      .filter(({ state }) => state !== "terminated")
      .map(({ id, state, spot, architecture, tags, privateAddress, publicAddress, userData }) => ({
        id,
        nodeName: id,
        role: tags["role"],
        alive: state === "pending" || state === "running",
        spot,
        architecture,
        tags,
        privateAddress,
        publicAddress,
        userData,
      }));
  }

  get statics(): Statics {
    return staticsOf(EC2Cluster, options(this.cloud.endpoint, {}));
  }

  /** Parts deleted with an instance are not counted on their own while it exists. */
  leftovers(clusterName: string): readonly Resource[] {
    const left = this.cloud.leftovers(clusterName);
    const parts = left.some(({ kind }) => kind === "instance") ? PARTS : new Set();
    return left.filter(({ kind }) => !parts.has(kind));
  }

  built(clusterName: string): Built {
    return builtOnEc2(this.cloud, clusterName);
  }

  retag(machineId: string, tags: Readonly<Record<string, string>>): void {
    this.cloud.retag(machineId, tags);
  }

  kill(machineId: string): void {
    this.cloud.kill(machineId);
  }

  setRoom(machines: number): void {
    this.cloud.capacity = [this.#spot, ordinary(machines)];
  }

  cluster(wanted: ClusterOptions): EC2Cluster {
    return new EC2Cluster(options(this.cloud.endpoint, wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud[Symbol.asyncDispose]();
  }
}

function ordinary(instances: number): CapacityRule {
  return { market: "on-demand", instances };
}

function options(endpoint: string, wanted: ClusterOptions): ConstructorParameters<typeof EC2Cluster>[0] {
  return {
    ...testOptions,
    region: REGION,
    endpoint,
    identityCertificates: `${endpoint}/regions-certs.html`,
    ...wanted,
  };
}

function formOf({ request }: Recorded): URLSearchParams {
  return new URLSearchParams(request.body.toString());
}

/** `TagSpecification.1.ResourceType`, `TagSpecification.1.Tag.2.Key` … */
function tagSpecifications(form: URLSearchParams): Creation[] {
  const kinds = [...form].flatMap(([key, kind]) => {
    const nth = /^TagSpecification\.(\d+)\.ResourceType$/.exec(key)?.[1];
    return nth === undefined ? [] : [{ kind, prefix: `TagSpecification.${nth}.Tag.` }];
  });
  return kinds.map(({ kind, prefix }) => {
    const names = [...form].filter(([key]) => key.startsWith(prefix) && key.endsWith(".Key"));
    const tags = names.map(([key, name]) => [name, form.get(key.replace(/\.Key$/, ".Value")) ?? ""]);
    return { kind, tags: Object.fromEntries(tags) as Record<string, string> };
  });
}

const MADE_BY: Readonly<Record<string, readonly string[]>> = {
  RunInstances: ["instance", "volume", "network-interface"],
  CreateSecurityGroup: ["security-group"],
};

export const ec2: ProviderUnderTest = {
  manifest,
  name: manifest.name,
  where: { region: "us-east-1" },
  userDataLimit: "16,384",
  words: { capacity: /InsufficientInstanceCapacity/, quota: /VcpuLimitExceeded/ },
  hasSpot: true,
  gpu: { workerInstanceType: "g4dn.xlarge" },
  arm: { instanceType: "m7g.large" },
  hasConsole: true,
  makesWorkers: { operation: "RunInstances", nth: 1 },
  createsForThousand: 11,
  elsewhere: { region: { region: "us-west-2" }, endpoint: { endpoint: "https://elsewhere.example" } },
  planVariants: variantsOnEc2,
  open: (behaviour) => Ec2UnderTest.open(behaviour),
  cluster: (endpoint, wanted) => new EC2Cluster(options(endpoint, wanted)),

  creationsOf(recorded) {
    const specified = tagSpecifications(formOf(recorded));
    const made = MADE_BY[recorded.operation] ?? [];
    return made.map((kind) => ({ kind, tags: specified.find((each) => each.kind === kind)?.tags ?? {} }));
  },

  deletionsOf(recorded) {
    if (recorded.operation !== "TerminateInstances") return [];
    return [...formOf(recorded)].filter(([key]) => key.startsWith("InstanceId.")).map(([, id]) => id);
  },

  isMutation: (operation) => !/^(?:Describe|Get)/.test(operation),
  makesMachines: (operation) => operation === "RunInstances",

  refusal: (status) =>
    errorReply({ code: status === 401 ? "AuthFailure" : `Refused${status}`, message: "Not now.", status }),

  pretendToDelete(recorded) {
    const state = (tag: string, code: number, name: string): string =>
      `<${tag}><code>${code}</code><name>${name}</name></${tag}>`;
    const items = this.deletionsOf(recorded).map(
      (id) =>
        `<item><instanceId>${id}</instanceId>${state("currentState", 32, "shutting-down")}${state("previousState", 16, "running")}</item>`,
    );
    const body =
      '<?xml version="1.0" encoding="UTF-8"?><TerminateInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">' +
      `<requestId>pretended</requestId><instancesSet>${items.join("")}</instancesSet></TerminateInstancesResponse>`;
    return { status: 200, headers: { "content-type": "text/xml;charset=UTF-8" }, body };
  },
};
