import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach } from "vitest";
import * as z from "zod";

import type { NodeExtras } from "../../../src/bootstrap/node-spec.ts";
import { type workerGroupSchema, workerGroupsSchema } from "../../../src/cluster/groups.ts";
import type {
  CloudProvider,
  ListOptions,
  PrepareRequest,
  Prepared,
  ProviderState,
} from "../../../src/provider/cloud-provider.ts";
import type { ClusterOptions } from "../../../src/provider/cluster-options.ts";
import { clusterFields } from "../../../src/provider/cluster-schema.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  Resource,
  TaggedResource,
} from "../../../src/provider/machine.ts";
import type { ClusterPlace } from "../../../src/provider/place.ts";
import { defineProvider } from "../../../src/provider/provider-definition.ts";
import type { GroupedOptions } from "../../../src/provider/worker-group.ts";
import { OpenCluster } from "../../support/open-cluster.ts";
import type { FakeCloud } from "./fake-cloud.ts";

const schema = z.object(clusterFields);

export interface FakeOptions extends ClusterOptions {
  readonly cloud: FakeCloud;
  readonly listLagMs?: number;
  readonly pollIntervalMs?: number;
  readonly region?: string;
  /** Overrides of its provider. */
  readonly instead?: Partial<CloudProvider>;
  /** Names of the provider's options. */
  readonly groups?: readonly z.input<typeof workerGroupSchema>[];
}

interface Resolved {
  readonly options: GroupedOptions;
  readonly cloud: FakeCloud;
  readonly listLagMs: number;
  readonly pollIntervalMs: number;
  readonly region: string;
  readonly instead: Partial<CloudProvider>;
}

function resolve(given: FakeOptions | undefined): Resolved {
  if (given === undefined) throw new Error("A FakeCluster needs a cloud.");
  const { cloud, listLagMs = 0, pollIntervalMs = 10, region = "here", instead = {}, groups, ...others } = given;
  const quick = { security: false, startTimeoutMs: 5000, closeTimeoutMs: 2000, closeOnExit: false };
  const plain = schema.parse({ ...quick, ...others });
  const options = groups === undefined ? plain : { ...plain, groups: workerGroupsSchema.parse(groups) };
  return { options, cloud, listLagMs, pollIntervalMs, region, instead };
}

/** A provider with a cloud in memory; everything above it is real. */
class FakeProvider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: ProviderState = { save: () => ({}), restore: () => undefined };
  readonly #cloud: FakeCloud;
  readonly #region: string;

  constructor({ cloud, listLagMs, pollIntervalMs, region }: Resolved) {
    this.capabilities = {
      userDataLimitBytes: 1024 * 1024,
      userDataGzip: true,
      nodeNameFrom: "instance-id",
      pollIntervalMs,
      listLagMs,
    };
    this.#cloud = cloud;
    this.#region = region;
  }

  nodeExtras(): NodeExtras {
    return { runtime: "native", bootstrap: false, gatePlain: true };
  }

  async place(): Promise<ClusterPlace | undefined> {
    return { searched: { region: this.#region } };
  }

  async prepare({ name }: ClusterIdentity, { tags }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    return await this.#cloud.call("prepare", [name], signal, () => {
      this.#cloud.networks.set(name, tags);
      return { ports: { scheduler: this.#cloud.port, dashboard: 8787, gate: 8788 } };
    });
  }

  async create({ name }: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    return await this.#cloud.call("create", [name], signal, () => this.#cloud.create(request));
  }

  async list(cluster: ClusterIdentity, signal: AbortSignal, options?: ListOptions): Promise<readonly Machine[]> {
    return await this.#cloud.call("list", [cluster.name], signal, () => this.#cloud.list(cluster, options));
  }

  async destroy(_cluster: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    await this.#cloud.call("destroy", ids, signal, () => this.#cloud.destroy(machines));
  }

  async console(machine: Machine): Promise<string> {
    this.#cloud.read.push(machine.id);
    const log = this.#cloud.console(machine);
    if (log instanceof Error) throw log;
    return log;
  }

  async release({ name, ids }: ClusterIdentity, signal: AbortSignal): Promise<void> {
    await this.#cloud.call("release", [name], signal, () => {
      const id = this.#cloud.networks.get(name)?.["cluster-id"];
      if (ids.includes(id)) this.#cloud.networks.delete(name);
    });
  }

  async resources({ name, ids }: ClusterIdentity, signal: AbortSignal): Promise<readonly Resource[]> {
    return await this.#cloud.call("resources", [name], signal, () =>
      this.#cloud.find(name).filter(({ clusterId }) => ids.includes(clusterId)),
    );
  }

  async find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    const about = clusterName === undefined ? [] : [clusterName];
    return await this.#cloud.call("find", about, signal, () => this.#cloud.find(clusterName));
  }

  async disconnect(): Promise<void> {
    this.#cloud.disconnects += 1;
  }
}

export class FakeCluster extends OpenCluster {
  static readonly definition = defineProvider({
    name: "fake",
    resolve,
    open: (resolved) => Object.assign(new FakeProvider(resolved), resolved.instead),
  });

  /** The resolved options. */
  readonly resolved: GroupedOptions;

  constructor(options: FakeOptions) {
    const configured = FakeCluster.definition.resolve(options);
    super(configured);
    this.resolved = configured.options;
  }
}

/** Gives each test of a file its own state directory. */
export function ownStateDirectory(): {
  readonly files: () => Promise<readonly string[]>;
  /** As on another computer, without records. */
  readonly forgetRecord: (name: string) => Promise<void>;
} {
  let base = "";
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "dask-fleet-unit-"));
    process.env["XDG_STATE_HOME"] = base;
  });
  afterEach(async () => {
    delete process.env["XDG_STATE_HOME"];
    await rm(base, { recursive: true, force: true });
  });
  return {
    // Starts that take long are measured, on a busy computer these too.
    files: async () =>
      (await readdir(join(base, "dask-fleet")).catch(() => [])).filter((file) => file !== "start-times.json"),
    forgetRecord: (name) => rm(join(base, "dask-fleet", name), { recursive: true }),
  };
}
