import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import type { ClusterOptions, MachineView } from "../conformance/provider-under-test.ts";
import { World } from "../conformance/world.ts";
import { until } from "../support/until.ts";
import type { RealCloud } from "./clouds/all.ts";
import type { Disguise } from "./lab/disguise.ts";
import { labImage } from "./lab/lab-image.ts";
import type { LabMachine } from "./lab/lab-machine.ts";
import { Lab } from "./lab/lab.ts";
import { PythonClient } from "./lab/python-client.ts";

/** What a user of real machines sets for a fast start: their image already has Dask. */
const OPTIONS: ClusterOptions = {
  runtime: "native",
  pollIntervalMs: 200,
  lostWorkerTimeoutMs: 1000,
  startTimeoutMs: 90_000,
  scaleTimeoutMs: 60_000,
};

/** A simulated cloud with real machines, and a user's Python. */
export class RealWorld implements AsyncDisposable {
  readonly world: World;
  readonly lab: Lab;
  readonly python: PythonClient;
  readonly disguise: Disguise;

  static async open({ provider, disguise }: RealCloud, network: { readonly ipv6?: boolean } = {}): Promise<RealWorld> {
    await using made = new AsyncDisposableStack();
    const ofCloud = disguise();
    const lab = made.use(await Lab.open(ofCloud, labImage(), network));
    const python = made.use(await PythonClient.open(labImage().root));
    const world = await World.open(provider, { boot: lab, addresses: lab.addresses, bootMs: 1000 });
    made.move();
    return new RealWorld(world, lab, python, ofCloud);
  }

  private constructor(world: World, lab: Lab, python: PythonClient, disguise: Disguise) {
    this.disguise = disguise;
    this.world = world;
    this.lab = lab;
    this.python = python;
  }

  /** A cluster, not started; it is closed at the end of the test. */
  cluster(options: ClusterOptions = {}): ClusterManager {
    return this.world.cluster({ ...OPTIONS, ...options });
  }

  get scheduler(): LabMachine {
    return this.lab.at(this.world.scheduler());
  }

  get workers(): readonly LabMachine[] {
    return this.world.workers.map((view) => this.lab.at(view));
  }

  /** The workers' machines once that many have joined, without those in `gone`. */
  async joined(cluster: ClusterManager, count: number, gone: readonly MachineView[] = []): Promise<void> {
    const names = async (): Promise<readonly string[]> => (await cluster.workers()).map(({ name }) => name);
    let seen: readonly string[] = [];
    await until(
      `${count} workers`,
      async () => {
        seen = await names();
        return seen.length === count && !gone.some(({ nodeName }) => seen.includes(nodeName));
      },
      60_000,
      () => seen.join(", "),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    await this.python[Symbol.asyncDispose]();
    await this.lab[Symbol.asyncDispose]();
  }
}
