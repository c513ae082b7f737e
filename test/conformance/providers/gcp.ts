import type { WireReply, WireRequest } from "@dask-fleet/simulated-clouds";
import {
  ApiError,
  type CapacityRule,
  type GcpMachineView,
  jsonReply,
  SimulatedGcp,
} from "@dask-fleet/simulated-clouds/gcp";

import { GCPCluster } from "../../../providers/gcp/index.ts";
import { manifest } from "../../../providers/gcp/manifest.ts";
import type { Resource } from "../../../src/provider/machine.ts";
import type { Built } from "../built/built.ts";
import { builtOnGcp, variantsOnGcp } from "../built/gcp.ts";
import { SharedCredentials } from "../credentials/google.ts";
import type {
  Behaviour,
  CloudUnderTest,
  ClusterOptions,
  MachineView,
  ProviderUnderTest,
  Statics,
} from "../provider-under-test.ts";
import { type Recorded, Recorder } from "../recorder.ts";
import { staticsOf } from "../statics.ts";
import { testOptions } from "../test-options.ts";

const PROJECT = "dask-project";
/** What the provider's default type has. */
const DEFAULT_VCPUS = 2;
/** Other users of the project consume most of the 1500. */
const CALLS_PER_MINUTE = 150;

const shared = new SharedCredentials(PROJECT);

class RecordedGcp extends SimulatedGcp {
  readonly recorder = new Recorder();
  override readonly tokens = shared.tokens;

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await this.recorder.answer({ operation, request }, () => super.answer(operation, request));
  }
}

class GcpUnderTest implements CloudUnderTest {
  readonly cloud: RecordedGcp;
  readonly #spot: CapacityRule;

  static async open({ room, spotRoom, quota, throttling = false, ...behaviour }: Behaviour): Promise<GcpUnderTest> {
    await shared.begin();
    const spot: CapacityRule = { provisioningModel: "SPOT", vms: spotRoom ?? Infinity };
    const cloud = new RecordedGcp({
      ...behaviour,
      project: PROJECT,
      throttling,
      requestsPerMinute: CALLS_PER_MINUTE,
      capacity: [spot, ordinary(room ?? Infinity)],
      ...(quota === undefined ? {} : { quota: { CPUS: quota * DEFAULT_VCPUS } }),
    });
    await cloud.start();
    return new GcpUnderTest(cloud, spot);
  }

  private constructor(cloud: RecordedGcp, spot: CapacityRule) {
    this.cloud = cloud;
    this.#spot = spot;
  }

  get recorder(): Recorder {
    return this.cloud.recorder;
  }

  get machines(): readonly MachineView[] {
    return this.cloud.machines.map((vm) => ({
      id: idOf(vm),
      nodeName: vm.name,
      role: vm.labels["role"],
      alive: ["PROVISIONING", "STAGING", "RUNNING"].includes(vm.status),
      spot: vm.spot,
      architecture: /arm64/.test(vm.image ?? "") ? "arm64" : "x86_64",
      tags: vm.labels,
      privateAddress: vm.privateAddress,
      publicAddress: vm.publicAddress,
      userData: vm.userData,
    }));
  }

  get statics(): Statics {
    return staticsOf(GCPCluster, options(this.cloud.endpoint, {}));
  }

  /** Disks of existing machines are deleted with them and not counted on their own. */
  leftovers(clusterName: string): readonly Resource[] {
    const attached = new Set(
      this.cloud.machines.flatMap(({ zone, diskNames }) => diskNames.map((disk) => `${zone}/${disk}`)),
    );
    return this.cloud
      .leftovers(clusterName)
      .map(({ kind, id }) => ({ kind, id: shortened(id) }))
      .filter(({ kind, id }) => kind !== "disk" || !attached.has(id));
  }

  built(clusterName: string): Built {
    return builtOnGcp(this.cloud, clusterName);
  }

  retag(machineId: string, tags: Readonly<Record<string, string>>): void {
    const vm = this.cloud.account.vms.all.find(({ name, plan: { zone } }) => idOf({ name, zone }) === machineId);
    if (vm !== undefined) vm.labels = tags;
  }

  kill(machineId: string): void {
    this.cloud.kill(machineId);
  }

  setRoom(machines: number): void {
    this.cloud.account.capacity = [this.#spot, ordinary(machines)];
  }

  cluster(wanted: ClusterOptions): GCPCluster {
    return new GCPCluster(options(this.cloud.endpoint, wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud[Symbol.asyncDispose]();
    await shared.end();
  }
}

function ordinary(vms: number): CapacityRule {
  return { provisioningModel: "STANDARD", vms };
}

function options(endpoint: string, wanted: ClusterOptions): ConstructorParameters<typeof GCPCluster>[0] {
  return {
    ...testOptions,
    projectId: PROJECT,
    endpoint,
    identityCertificates: `${endpoint}/oauth2/v3/certs`,
    ...wanted,
  };
}

function idOf({ zone, name }: Pick<GcpMachineView, "zone" | "name">): string {
  return `${zone}/${name}`;
}

/** `projects/p/zones/z/instances/i` is `z/i` in errors, and a firewall rule has its name alone. */
function shortened(path: string): string {
  const { zone, name = path } = /(?:zones\/(?<zone>[^/]+)\/)?[^/]+\/(?<name>[^/]+)$/u.exec(path)?.groups ?? {};
  return zone === undefined ? name : `${zone}/${name}`;
}

interface Properties {
  readonly labels?: Record<string, string>;
  readonly disks?: readonly { readonly initializeParams?: { readonly labels?: Record<string, string> } }[];
}

export const gcp: ProviderUnderTest = {
  manifest,
  name: manifest.name,
  where: { projectId: "dask-project" },
  userDataLimit: "196,608",
  words: { capacity: /ZONE_RESOURCE_POOL_EXHAUSTED/, quota: /quotaExceeded|QUOTA_EXCEEDED/ },
  hasSpot: true,
  gpu: { workerMachineType: "g2-standard-4" },
  arm: { machineType: "t2a-standard-1", zone: "us-central1-a" },
  hasConsole: true,
  makesWorkers: { operation: "instances.bulkInsert", nth: 0 },
  createsForThousand: 4,
  elsewhere: {
    projectId: { projectId: "other-project" },
    networkProjectId: { networkProjectId: "other-project" },
    zones: { zones: ["europe-west1-b"] },
    endpoint: { endpoint: "https://elsewhere.example" },
  },
  planVariants: variantsOnGcp,
  open: (behaviour) => GcpUnderTest.open(behaviour),
  cluster: (endpoint, wanted) => new GCPCluster(options(endpoint, wanted)),

  creationsOf({ operation, request }) {
    if (operation === "firewalls.insert") {
      const { description = "" } = JSON.parse(request.body.toString()) as { description?: string };
      const tags = description.split(" ").map((word) => word.split("="));
      return [{ kind: "firewall", tags: Object.fromEntries(tags) as Record<string, string> }];
    }
    if (!this.makesMachines(operation)) return [];
    const body = JSON.parse(request.body.toString()) as Properties & { instanceProperties?: Properties };
    const { labels = {}, disks = [] } = body.instanceProperties ?? body;
    return [
      { kind: "instance", tags: labels },
      ...disks.map(({ initializeParams }) => ({ kind: "disk", tags: initializeParams?.labels ?? {} })),
    ];
  },

  deletionsOf({ operation, request }) {
    return operation === "instances.delete" ? [shortened(request.url.pathname)] : [];
  },

  isMutation: (operation) => !/\.(?:get|list|aggregatedList|wait)/.test(operation),
  makesMachines: (operation) => operation === "instances.insert" || operation === "instances.bulkInsert",

  refusal: (status) => new ApiError({ code: status, reason: `refused${status}` }, "Not now.").toReply(),

  pretendToDelete({ request }: Recorded) {
    const path = request.url.pathname.replace(/^\/compute\/v1\//, "");
    const zone = `https://www.googleapis.com/compute/v1/${path.replace(/\/instances\/.*$/, "")}`;
    const name = "operation-1-pretended";
    return jsonReply(200, {
      kind: "compute#operation",
      id: "1",
      name,
      zone,
      operationType: "delete",
      targetLink: `https://www.googleapis.com/compute/v1/${path}`,
      status: "RUNNING",
      progress: 0,
      selfLink: `${zone}/operations/${name}`,
    });
  },
};
