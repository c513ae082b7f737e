import type { WireReply, WireRequest } from "@dask-fleet/simulated-clouds";
import { type CapacityRule, SimulatedOci } from "@dask-fleet/simulated-clouds/oci";

import { apiKey, CredentialFiles } from "../../../packages/simulated-clouds/src/oci/credentials.ts";
import { OCICluster } from "../../../providers/oci/index.ts";
import { manifest } from "../../../providers/oci/manifest.ts";
import type { Resource } from "../../../src/provider/machine.ts";
import type { Built } from "../built/built.ts";
import { builtOnOci, variantsOnOci } from "../built/oci.ts";
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

const REGION = "us-ashburn-1";
/** The same for all simulated clouds. They outlive each of them: other clusters of the process use them. */
const credentials = new CredentialFiles(REGION, apiKey());
const COMPARTMENT = new SimulatedOci().compartment;
/** Of the default shape. */
const CORE_LIMIT = "standard-e4-core-count";
/** A region with one availability domain. */
const ONE_DOMAIN = "eu-amsterdam-1";
/** Others of the tenancy consume most of what a user has. */
const RATES = { readsPerSecond: 8, changesPerSecond: 2 };
const ALIVE: ReadonlySet<string> = new Set(["PROVISIONING", "STARTING", "RUNNING"]);

class RecordedOci extends SimulatedOci {
  readonly recorder = new Recorder();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await this.recorder.answer({ operation, request }, () => super.answer(operation, request));
  }
}

class OciUnderTest implements CloudUnderTest {
  readonly cloud: RecordedOci;
  readonly #preemptible: CapacityRule;

  static async open({ room, spotRoom, quota, throttling = false, ...behaviour }: Behaviour): Promise<OciUnderTest> {
    const preemptible: CapacityRule = { preemptible: true, instances: spotRoom ?? Infinity };
    const cloud = new RecordedOci({
      ...behaviour,
      throttling,
      ...RATES,
      region: REGION,
      capacity: [preemptible, ordinary(room ?? Infinity)],
      // A limit is one of each availability domain.
      ...(quota === undefined ? {} : { region: ONE_DOMAIN, limits: { [CORE_LIMIT]: quota } }),
    });
    await cloud.start();
    return new OciUnderTest(cloud, preemptible);
  }

  private constructor(cloud: RecordedOci, preemptible: CapacityRule) {
    this.cloud = cloud;
    this.#preemptible = preemptible;
    // The same for all simulated clouds; where the cloud is stands in the options of each cluster.
    process.env["OCI_CLI_CONFIG_FILE"] = credentials.configFile;
  }

  get recorder(): Recorder {
    return this.cloud.recorder;
  }

  get machines(): readonly MachineView[] {
    return this.cloud.machines.map(
      ({ id, state, preemptible, shape, freeformTags, privateAddress, publicAddress, userData }) => ({
        id,
        nodeName: id,
        role: freeformTags["role"],
        alive: ALIVE.has(state),
        spot: preemptible,
        architecture: shape.includes(".A1.") ? ("arm64" as const) : ("x86_64" as const),
        tags: freeformTags,
        privateAddress,
        publicAddress,
        userData,
      }),
    );
  }

  get statics(): Statics {
    return staticsOf(OCICluster, options(this.cloud.endpoint, {}));
  }

  leftovers(clusterName: string): readonly Resource[] {
    // A name that begins with the cluster's is another's.
    const others = new Set(
      [...this.cloud.account.instances.all, ...this.cloud.account.groups.all]
        .filter(({ freeformTags }) => (freeformTags["cluster-name"] ?? clusterName) !== clusterName)
        .map(({ id }) => id),
    );
    return this.cloud.leftovers(clusterName).filter(({ id }) => !others.has(id));
  }

  built(clusterName: string): Built {
    return builtOnOci(this.cloud, clusterName);
  }

  retag(machineId: string, tags: Readonly<Record<string, string>>): void {
    const instance = this.cloud.account.instances.all.find(({ id }) => id === machineId);
    instance?.rename({ freeformTags: tags });
  }

  kill(machineId: string): void {
    this.cloud.kill(machineId);
  }

  setRoom(machines: number): void {
    this.cloud.account.capacity = [this.#preemptible, ordinary(machines)];
  }

  cluster(wanted: ClusterOptions): OCICluster {
    return new OCICluster(options(this.cloud.endpoint, wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud[Symbol.asyncDispose]();
  }
}

function ordinary(instances: number): CapacityRule {
  return { preemptible: false, instances };
}

function options(endpoint: string, wanted: ClusterOptions): ConstructorParameters<typeof OCICluster>[0] {
  return { ...testOptions, region: REGION, compartmentId: COMPARTMENT, endpoint, ...wanted };
}

const MADE_BY: Readonly<Record<string, string>> = {
  LaunchInstance: "instance",
  CreateNetworkSecurityGroup: "network security group",
};

function tagsIn({ request }: Recorded): Readonly<Record<string, string>> {
  const { freeformTags = {} } = JSON.parse(request.body.toString()) as { freeformTags?: Record<string, string> };
  return freeformTags;
}

export const oci: ProviderUnderTest = {
  manifest,
  name: manifest.name,
  where: { region: REGION, compartmentId: COMPARTMENT },
  userDataLimit: "20,000",
  words: { capacity: /Out of host capacity/, quota: /LimitExceeded/ },
  hasSpot: true,
  gpu: { workerShape: "VM.GPU.A10.1" },
  arm: { shape: "VM.Standard.A1.Flex" },
  hasConsole: true,
  makesWorkers: { operation: "LaunchInstance", nth: 1 },
  createsForThousand: 1001,
  // Pages of a hundred machines.
  callsOfALook: 40,
  elsewhere: {
    region: { region: "us-phoenix-1" },
    compartmentId: { compartmentId: "ocid1.compartment.oc1..elsewhere" },
    endpoint: { endpoint: "https://elsewhere.example" },
  },
  planVariants: variantsOnOci,
  open: (behaviour) => OciUnderTest.open(behaviour),
  cluster: (endpoint, wanted) => new OCICluster(options(endpoint, wanted)),

  creationsOf(recorded) {
    const kind = MADE_BY[recorded.operation];
    return kind === undefined ? [] : [{ kind, tags: tagsIn(recorded) }];
  },

  deletionsOf({ operation, request }) {
    return operation === "TerminateInstance" ? [decodeURIComponent(request.url.pathname.split("/").at(-1) ?? "")] : [];
  },

  isMutation: (operation) => !/^(?:Get|List|CreateComputeCapacityReport)/.test(operation),
  makesMachines: (operation) => operation === "LaunchInstance",

  refusal: (status) => ({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: status === 401 ? "NotAuthenticated" : `Refused${status}`, message: "Not now." }),
  }),

  pretendToDelete: () => ({ status: 204 }),
};
