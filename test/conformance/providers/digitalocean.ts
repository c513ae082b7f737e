import type { WireReply, WireRequest } from "@dask-fleet/simulated-clouds";
import { ApiError, type CapacityRule, SimulatedDigitalOcean } from "@dask-fleet/simulated-clouds/digitalocean";

import { DropletCluster } from "../../../providers/digitalocean/index.ts";
import { manifest } from "../../../providers/digitalocean/manifest.ts";
import { tagsFor } from "../../../providers/digitalocean/tags/tags.ts";
import type { Resource } from "../../../src/provider/machine.ts";
import type { Built } from "../built/built.ts";
import { builtOnDigitalOcean, callOnDigitalOcean, variantsOnDigitalOcean } from "../built/digitalocean.ts";
import type {
  Behaviour,
  CloudUnderTest,
  ClusterOptions,
  MachineView,
  ProviderUnderTest,
  Statics,
} from "../provider-under-test.ts";
import { Recorder } from "../recorder.ts";
import { staticsOf } from "../statics.ts";
import { testOptions } from "../test-options.ts";

/** Other users of the account consume most of the 250. */
const CALLS_PER_MINUTE = 60;

class RecordedDigitalOcean extends SimulatedDigitalOcean {
  readonly recorder = new Recorder();

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await this.recorder.answer({ operation, request }, () => super.answer(operation, request));
  }
}

class DigitalOceanUnderTest implements CloudUnderTest {
  readonly cloud: RecordedDigitalOcean;

  static async open({
    room,
    spotRoom: _none,
    quota,
    throttling = false,
    ...behaviour
  }: Behaviour): Promise<DigitalOceanUnderTest> {
    const cloud = new RecordedDigitalOcean({
      ...behaviour,
      throttling,
      requestsPerMinute: CALLS_PER_MINUTE,
      capacity: capacityOf(room ?? Infinity),
      ...(quota === undefined ? {} : { dropletLimit: quota }),
    });
    await cloud.start();
    return new DigitalOceanUnderTest(cloud);
  }

  private constructor(cloud: RecordedDigitalOcean) {
    this.cloud = cloud;
    // The same for all simulated clouds; where the cloud is stands in the options of each cluster.
    const { DIGITALOCEAN_TOKEN } = cloud.environment();
    Object.assign(process.env, { DIGITALOCEAN_TOKEN });
  }

  get recorder(): Recorder {
    return this.cloud.recorder;
  }

  get machines(): readonly MachineView[] {
    return this.cloud.machines.map(({ id, on, tags, privateAddress, publicAddress, userData }) => ({
      id,
      nodeName: id,
      role: tagsIn(tags)["role"],
      alive: on,
      spot: false,
      architecture: "x86_64",
      tags: tagsIn(tags),
      privateAddress,
      publicAddress,
      userData,
    }));
  }

  get statics(): Statics {
    return staticsOf(DropletCluster, options(this.cloud.endpoint, {}));
  }

  leftovers(clusterName: string): readonly Resource[] {
    return this.cloud.leftovers(clusterName);
  }

  built(clusterName: string): Built {
    return builtOnDigitalOcean(this.cloud, clusterName);
  }

  retag(machineId: string, tags: Readonly<Record<string, string>>): void {
    const own = this.cloud.account.droplet(Number(machineId)).tags;
    own.clear();
    for (const tag of tagsFor(tags)) own.add(tag);
  }

  kill(machineId: string): void {
    this.cloud.kill(machineId);
  }

  setRoom(machines: number): void {
    this.cloud.account.capacity = capacityOf(machines);
  }

  cluster(wanted: ClusterOptions): DropletCluster {
    return new DropletCluster(options(this.cloud.endpoint, wanted));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud[Symbol.asyncDispose]();
  }
}

function capacityOf(droplets: number): readonly CapacityRule[] {
  return [{ droplets }];
}

function options(endpoint: string, wanted: ClusterOptions): ConstructorParameters<typeof DropletCluster>[0] {
  return { ...testOptions, endpoint, ...wanted };
}

/** `dask-fleet`, `dask-fleet:cluster-id:lab:0123456789abcdef`, `dask-fleet:role:lab:worker:0123456789abcdef` … */
function tagsIn(names: readonly string[]): Record<string, string> {
  const pairs = names.flatMap((name) => {
    const [creator = "", key, cluster = "", value = cluster] = name.split(":");
    if (key === undefined) return [["creator", creator]];
    return key === "cluster-id"
      ? [
          ["cluster-name", cluster],
          [key, value],
        ]
      : [[key, value]];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

export const digitalocean: ProviderUnderTest = {
  manifest,
  name: manifest.name,
  where: {},
  userDataLimit: "65,536",
  words: { capacity: /not available in this region/, quota: /droplet limit/ },
  hasSpot: false,
  gpu: { workerSize: "gpu-h100x1-80gb" },
  arm: undefined,
  hasConsole: false,
  makesWorkers: { operation: "createDroplets", nth: 1 },
  createsForThousand: 101,
  elsewhere: { region: { region: "fra1" }, endpoint: { endpoint: "https://elsewhere.example" } },
  planVariants: variantsOnDigitalOcean,
  callName: callOnDigitalOcean,
  open: (behaviour) => DigitalOceanUnderTest.open(behaviour),
  cluster: (endpoint, wanted) => new DropletCluster(options(endpoint, wanted)),

  creationsOf({ operation, request }) {
    const body = (): { readonly name: string; readonly tags: readonly string[] } =>
      JSON.parse(request.body.toString()) as { name: string; tags: string[] };
    if (operation === "createDroplets") return [{ kind: "droplet", tags: tagsIn(body().tags) }];
    if (operation !== "createFirewall") return [];
    const [creator = "", cluster = "", , id = "", expires = ""] = body().name.split(".");
    return [{ kind: "firewall", tags: { creator, "cluster-name": cluster, "cluster-id": id, expires } }];
  },

  deletionsOf({ operation, request }) {
    return operation === "deleteDroplet" ? [request.url.pathname.split("/").at(-1) ?? ""] : [];
  },

  isMutation: (operation) => !/^(?:get|list)/.test(operation),
  makesMachines: (operation) => operation === "createDroplets",

  refusal: (status) => new ApiError(status, `refused_${status}`, "Not now.").toReply(),

  pretendToDelete: () => ({ status: 204 }),
};
