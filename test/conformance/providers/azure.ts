import type { WireReply, WireRequest } from "@dask-fleet/simulated-clouds";
import { ApiError, type CapacityRule, SimulatedAzure } from "@dask-fleet/simulated-clouds/azure";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { manifest } from "../../../providers/azure/manifest.ts";
import type { Resource } from "../../../src/provider/machine.ts";
import { builtOnAzure, variantsOnAzure } from "../built/azure.ts";
import type { Built } from "../built/built.ts";
import { SharedAuthority } from "../credentials/azure.ts";
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

/** Virtual CPUs of the provider's default size. */
const DEFAULT_VCPUS = 2;
/** New resources are unknown by name for a moment. */
const GET_LAG_MS = 1000;
const NIC_RESERVED_MS = 180_000;
/** Other users of the subscription consume most of Azure's rate limits. */
const RATES = { readsPerMinute: 60, writesPerMinute: 10 };

const shared = new SharedAuthority();

class RecordedAzure extends SimulatedAzure {
  readonly recorder = new Recorder();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await this.recorder.answer({ operation, request }, () => super.answer(operation, request));
  }
}

class AzureUnderTest implements CloudUnderTest {
  readonly cloud: RecordedAzure;
  readonly #spot: CapacityRule;

  static async open({ room, spotRoom, quota, throttling = false, ...behaviour }: Behaviour): Promise<AzureUnderTest> {
    await shared.begin();
    const spot: CapacityRule = { priority: "Spot", machines: spotRoom ?? Infinity };
    const cloud = new RecordedAzure({
      ...behaviour,
      ...RATES,
      getLagMs: GET_LAG_MS,
      nicReservedMs: NIC_RESERVED_MS,
      throttling,
      tokens: shared.tokens,
      capacity: [spot, ordinary(room ?? Infinity)],
      ...(quota === undefined ? {} : { quotas: { vcpus: quota * DEFAULT_VCPUS } }),
    });
    await cloud.start();
    return new AzureUnderTest(cloud, spot);
  }

  private constructor(cloud: RecordedAzure, spot: CapacityRule) {
    this.cloud = cloud;
    this.#spot = spot;
    // The same for all simulated clouds; where the cloud is stands in the options of each cluster.
    const { AZURE_SUBSCRIPTION_ID } = cloud.environment();
    Object.assign(process.env, { AZURE_SUBSCRIPTION_ID });
  }

  get recorder(): Recorder {
    return this.cloud.recorder;
  }

  get machines(): readonly MachineView[] {
    return this.cloud.machines.map((vm) => ({
      id: vm.id,
      nodeName: vm.computerName,
      role: vm.tags["role"],
      alive: vm.on,
      spot: vm.spot,
      architecture: /arm64/i.test(vm.image) ? "arm64" : "x86_64",
      tags: vm.tags,
      privateAddress: vm.privateAddress,
      publicAddress: vm.publicAddress,
      userData: vm.userData,
    }));
  }

  get statics(): Statics {
    return staticsOf(AzureVMCluster, options(this.cloud.endpoint, {}));
  }

  leftovers(clusterName: string): readonly Resource[] {
    return this.cloud.leftovers(clusterName);
  }

  built(clusterName: string): Built {
    return builtOnAzure(this.cloud, clusterName);
  }

  retag(machineId: string, tags: Readonly<Record<string, string>>): void {
    const vm = this.cloud.account.vms.all.find(({ name }) => name === machineId);
    if (vm !== undefined) vm.plan = { ...vm.plan, tags };
  }

  kill(machineId: string): void {
    this.cloud.kill(machineId);
  }

  setRoom(machines: number): void {
    this.cloud.account.capacity = [this.#spot, ordinary(machines)];
  }

  cluster(wanted: ClusterOptions): AzureVMCluster {
    return new AzureVMCluster(options(this.cloud.endpoint, wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud[Symbol.asyncDispose]();
    await shared.end();
  }
}

function ordinary(machines: number): CapacityRule {
  return { priority: "Regular", machines };
}

function options(endpoint: string, wanted: ClusterOptions): ConstructorParameters<typeof AzureVMCluster>[0] {
  // Without public addresses the launcher is inside a network that is there.
  const inside = wanted.publicIp === false ? { vnet: "lab-vnet" } : {};
  return {
    ...testOptions,
    location: "eastus",
    resourceGroup: "dask-rg",
    endpoint,
    ...inside,
    identityCertificates: `${endpoint}/pki/roots.pem`,
    ...wanted,
  };
}

type Tags = Readonly<Record<string, string>>;

interface Model {
  readonly tags?: Tags;
  readonly properties?: {
    readonly virtualMachineProfile?: Model["properties"];
    readonly networkProfile?: { readonly networkInterfaceConfigurations?: readonly Part[] };
  };
}

interface Part {
  readonly tags?: Tags;
  readonly properties?: {
    readonly ipConfigurations?: readonly { readonly properties?: { readonly publicIPAddressConfiguration?: Part } }[];
  };
}

/** Machines, and the parts that are made with them. A disk has its machine's tags. */
function creationsIn({ tags = {}, properties }: Model): Creation[] {
  const { networkProfile } = properties?.virtualMachineProfile ?? properties ?? {};
  const cards = networkProfile?.networkInterfaceConfigurations ?? [];
  const addresses = cards
    .flatMap((card) => card.properties?.ipConfigurations ?? [])
    .flatMap((ip) => ip.properties?.publicIPAddressConfiguration ?? []);
  return [
    { kind: "machine", tags },
    ...cards.map((card) => ({ kind: "network interface", tags: card.tags ?? {} })),
    ...addresses.map((address) => ({ kind: "public address", tags: address.tags ?? {} })),
  ];
}

function lastIn(path: string): string {
  return path.split("/").at(-1) ?? "";
}

export const azure: ProviderUnderTest = {
  manifest,
  name: manifest.name,
  where: { location: "eastus", resourceGroup: "dask-rg" },
  userDataLimit: "65,535",
  words: { capacity: /AllocationFailed/, quota: /exceeding approved .* quota/ },
  hasSpot: true,
  gpu: { workerVmSize: "Standard_NC4as_T4_v3" },
  arm: { vmSize: "Standard_D2ps_v5" },
  hasConsole: true,
  makesWorkers: { operation: "VirtualMachineScaleSets_CreateOrUpdate", nth: 0 },
  createsForThousand: 4,
  elsewhere: {
    subscriptionId: { subscriptionId: "99999999-9999-9999-9999-999999999999" },
    resourceGroup: { resourceGroup: "other-rg" },
    location: { location: "westus2" },
    endpoint: { endpoint: "https://elsewhere.example" },
  },
  // The scheduler, the scale sets, and six pages of members.
  callsOfALook: 8,
  planVariants: variantsOnAzure,
  open: (behaviour) => AzureUnderTest.open(behaviour),
  cluster: (endpoint, wanted) => new AzureVMCluster(options(endpoint, wanted)),

  creationsOf({ operation, request }) {
    if (!operation.endsWith("_CreateOrUpdate")) return [];
    const body = JSON.parse(request.body.toString()) as Model;
    return this.makesMachines(operation) ? creationsIn(body) : [{ kind: operation, tags: body.tags ?? {} }];
  },

  deletionsOf({ operation, request }: Recorded) {
    if (operation === "VirtualMachines_Delete") return [lastIn(request.url.pathname)];
    if (operation !== "VirtualMachineScaleSets_DeleteInstances") return [];
    return (JSON.parse(request.body.toString()) as { instanceIds: string[] }).instanceIds;
  },

  isMutation: (operation) => /_(?:CreateOrUpdate|Update|Delete|DeleteInstances)$/.test(operation),
  makesMachines: (operation) =>
    /^(?:VirtualMachines|VirtualMachineScaleSets)_CreateOrUpdate$|^VirtualMachineScaleSets_Update$/.test(operation),

  refusal: (status) => new ApiError(status, `Refused${status}`, "Not now.").toReply(),

  pretendToDelete: () => ({ status: 202 }),
};
