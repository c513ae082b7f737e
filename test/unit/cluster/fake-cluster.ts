import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach } from "vitest";
import * as z from "zod";

import { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import type { NodeExtras } from "../../../src/cluster/cluster-spec.ts";
import type { Prepared, PrepareRequest, ClusterProvider } from "../../../src/provider/cloud-provider.ts";
import { clusterFields, type ClusterOptions } from "../../../src/provider/cluster-options.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  Resource,
  TaggedResource,
} from "../../../src/provider/machine.ts";
import type { ClusterPlace } from "../../../src/provider/place.ts";
import type { FakeCloud } from "./fake-cloud.ts";

const schema = z.object(clusterFields);

export interface FakeOptions extends ClusterOptions {
  readonly cloud: FakeCloud;
  readonly listLagMs?: number;
  readonly pollIntervalMs?: number;
  readonly region?: string;
}

/** A provider whose cloud is in memory; everything above it is the real thing. */
export class FakeCluster extends ClusterManager {
  static readonly provider = "fake";
  readonly #cloud: FakeCloud;
  readonly #listLagMs: number;
  readonly #pollIntervalMs: number;
  readonly #region: string;

  constructor({ cloud, listLagMs = 0, pollIntervalMs = 10, region = "here", ...options }: FakeOptions) {
    super(
      schema.parse({
        security: false,
        startTimeoutMs: 5000,
        closeTimeoutMs: 2000,
        closeOnExit: false,
        ...options,
      }),
    );
    this.#cloud = cloud;
    this.#listLagMs = listLagMs;
    this.#pollIntervalMs = pollIntervalMs;
    this.#region = region;
  }

  /** For tests of the parts that call them. */
  get verbs(): ClusterProvider {
    return this.providerVerbs();
  }

  protected override get providerName(): string {
    return FakeCluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return {
      userDataLimitBytes: 1024 * 1024,
      userDataGzip: true,
      nodeNameFrom: "instance-id",
      pollIntervalMs: this.#pollIntervalMs,
      listLagMs: this.#listLagMs,
    };
  }

  protected override nodeExtras(): NodeExtras {
    return { runtime: "native", bootstrap: false, gatePlain: true };
  }

  protected override async place(): Promise<ClusterPlace | undefined> {
    return { searched: { region: this.#region } };
  }

  protected override async prepare({ tags }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    return await this.#cloud.call("prepare", [this.name], signal, () => {
      this.#cloud.networks.set(this.name, tags);
      return { ports: { scheduler: this.#cloud.port, dashboard: 8787, gate: 8788 } };
    });
  }

  protected override async create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    return await this.#cloud.call("create", [this.name], signal, () => this.#cloud.create(request));
  }

  protected override async list(signal: AbortSignal): Promise<readonly Machine[]> {
    return await this.#cloud.call("list", [this.name], signal, () => this.#cloud.list(this.identity));
  }

  protected override async destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    await this.#cloud.call("destroy", ids, signal, () => this.#cloud.destroy(machines));
  }

  protected override async console(machine: Machine): Promise<string> {
    this.#cloud.read.push(machine.id);
    const log = this.#cloud.console(machine);
    if (log instanceof Error) throw log;
    return log;
  }

  protected override async release(signal: AbortSignal): Promise<void> {
    await this.#cloud.call("release", [this.name], signal, () => {
      const id = this.#cloud.networks.get(this.name)?.["cluster-id"];
      if (this.identity.ids.includes(id)) this.#cloud.networks.delete(this.name);
    });
  }

  protected override async resources(signal: AbortSignal): Promise<readonly Resource[]> {
    return await this.#cloud.call("resources", [this.name], signal, () =>
      this.#cloud.find(this.name).filter(({ clusterId }) => this.identity.ids.includes(clusterId)),
    );
  }

  protected override async find(
    clusterName: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly TaggedResource[]> {
    const about = clusterName === undefined ? [] : [clusterName];
    return await this.#cloud.call("find", about, signal, () => this.#cloud.find(clusterName));
  }

  protected override async disconnect(): Promise<void> {
    this.#cloud.disconnects += 1;
  }
}

/** Gives each test of a file a state directory of its own. */
export function ownStateDirectory(): {
  readonly files: () => Promise<readonly string[]>;
  /** As on another computer, where a cluster has no record. */
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
    files: () => readdir(join(base, "dask-fleet")).catch(() => []),
    forgetRecord: (name) => rm(join(base, "dask-fleet", name), { recursive: true }),
  };
}
