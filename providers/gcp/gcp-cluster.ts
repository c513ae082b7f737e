import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { OwnScheduler } from "../../src/cloud/machines/own-scheduler.ts";
import { type Surroundings, VmCluster } from "../../src/cloud/vm-cluster.ts";
import type { Prepared, PrepareRequest } from "../../src/provider/cloud-provider.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  Resource,
  TaggedResource,
} from "../../src/provider/machine.ts";
import type { ClusterPlace } from "../../src/provider/place.ts";
import { MACHINE_ROLES } from "../../src/provider/role.ts";
import { ComputeApi } from "./api/client.ts";
import { AbandonedOperations } from "./machines/abandoned.ts";
import { type Discovery, discover } from "./machines/discovery.ts";
import { launchScheduler } from "./machines/launch-scheduler.ts";
import { launchWorkers } from "./machines/launch-workers.ts";
import { type Batch, launch } from "./machines/launch.ts";
import { instanceNamed, listInstancesOf, machineOf, bootLogOf } from "./machines/machines.ts";
import { USER_DATA_LIMIT_BYTES } from "./machines/metadata.ts";
import { terminate } from "./machines/terminate.ts";
import { failureOfRules, firewallRules, makeRules } from "./network/firewall.ts";
import { projectOf, rangesOf } from "./network/network.ts";
import { release } from "./network/release.ts";
import type { GCPClusterOptions } from "./options/options.ts";
import { assertKnownFields } from "./options/override-names.ts";
import { type GcpOptions, resolveGcpOptions } from "./options/resolved-options.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";
import { placeOf, schedulerName } from "./tags/names.ts";

/**
 * A Dask cluster on Google Compute Engine, in the project and with the credentials that Google's own discovery finds.
 *
 * ```ts
 * await using cluster = await new GCPCluster({ zone: "us-east1-c", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the package `@google-cloud/compute`.
 */
export class GCPCluster extends VmCluster {
  static readonly provider = "gcp";

  readonly #options: GcpOptions["options"];
  readonly #credentials: GcpOptions["credentials"];
  readonly #ends: KnownEnds;
  readonly #abandoned: AbandonedOperations;
  readonly #ownScheduler = new OwnScheduler();
  readonly #api = new LazyApi(() => {
    const { projectId, endpoint, apiRetries } = this.#options;
    return ComputeApi.open({ projectId, endpoint, apiRetries, credentials: this.#credentials });
  });
  #found: Discovery | undefined;
  /** Why the firewall rules do not hold, if they do not. */
  #firewall: Promise<Error | undefined> = Promise.resolve(undefined);
  #schedulerZone: string | undefined;
  /** Names of its firewall rules, from before they are made until they are removed. */
  #rules: readonly string[] = [];

  constructor(options: GCPClusterOptions = {}) {
    const resolved = resolveGcpOptions(GCPCluster.provider, options);
    super(resolved.options);
    this.#options = resolved.options;
    this.#credentials = resolved.credentials;
    this.#ends = new KnownEnds(resolved.options.listLagMs);
    this.#abandoned = new AbandonedOperations(resolved.options.listLagMs);
  }

  protected override get providerName(): string {
    return GCPCluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "hostname",
      ...this.watching,
    };
  }

  protected override async place(): Promise<ClusterPlace> {
    const api = await this.#api.get();
    const { endpoint, zones } = this.#options;
    const networkProjectId = projectOf(api, this.#options);
    return { searched: { projectId: api.project, networkProjectId, endpoint }, machines: { zones } };
  }

  /** Everything is looked up before anything is made. The firewall rules come to hold while the scheduler is made. */
  protected override async prepare({ tags }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const { zones, createFirewall } = this.#options;
    const known = this.#lookUp(api, signal);
    const surroundings = async (): Promise<Surroundings> => {
      const { network, reach } = await known;
      return { reach, ranges: async () => await rangesOf(api, network, zones, signal) };
    };
    const [{ network, reach }, { cidrs, clients }] = await Promise.all([
      known,
      this.ingress(surroundings, { makesFirewall: createFirewall }, signal),
    ]);
    const members = reach.families.includes(4) ? 4 : 6;
    const addressing = { members, clients } as const;
    this.remembered = { ...this.remembered, addressing };
    const prepared = { warnings: this.warningsOf(addressing, { hasNat64: false }) };
    if (!createFirewall) return prepared;
    const { project, link } = network;
    this.hasMade = true;
    const wishes = { identity: this.identity, network: link, tags, userTags: this.#options.tags, cidrs };
    this.#rules = firewallRules(wishes).map(({ name }) => name ?? "");
    const making = { project, abandoned: this.#abandoned };
    const begun = await makeRules(api, making, wishes, signal);
    // The scheduler's machine is told to have failed for it, once there is one.
    this.#firewall = failureOfRules(api, project, begun, signal);
    return prepared;
  }

  protected override async create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const found = this.#found ?? (await this.#lookUp(api, signal));
    this.hasMade = true;
    const input = {
      api,
      identity: this.identity,
      request,
      options: this.#options,
      discovery: found,
      clients: this.remembered.addressing.clients,
      schedulerZone: this.#schedulerZone,
      abandoned: this.#abandoned,
    };
    if (request.role === "worker") return await launch(input, (batch) => launchWorkers(batch, signal));
    const created = await launch(input, (batch) => this.#launchScheduler(batch, signal));
    // Without waiting: the rules come to hold long before Dask is up.
    void this.#firewall.then((failure) => failure && this.#ends.failed(created.machines, failure));
    return created;
  }

  protected override async list(signal: AbortSignal): Promise<readonly Machine[]> {
    const wanted = { whose: this.identity, zones: this.#options.zones };
    const instances = await listInstancesOf(await this.#api.get(), wanted, signal);
    const { clients } = this.remembered.addressing;
    const machines = instances.map((instance) => {
      const machine = machineOf(instance, clients);
      // In a process that has not made it, for the workers to be near.
      if (machine.role === "scheduler") {
        this.#schedulerZone ??= placeOf(machine.id).zone;
        this.#ownScheduler.see(machine.id);
      }
      return this.#ends.seen(machine, instance.status === "STOPPING");
    });
    return this.#ends.withFailed(machines);
  }

  protected override async destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    const api = await this.#api.get();
    const name = schedulerName(this.name);
    // Workers' names are random.
    const own = await this.#ownScheduler.stillOwn(ids, {
      identity: this.identity,
      isNamed: (id) => placeOf(id).name === name,
      look: async (id) => {
        const instance = await instanceNamed(api, placeOf(id), signal);
        return instance && { tags: instance.labels ?? {} };
      },
    });
    await terminate(api, own, { ends: this.#ends, signal });
    this.#ends.forgetFailures(ids);
  }

  /** Also a disk that outlived its machine goes: what remains would cost money. */
  protected override async release(signal: AbortSignal): Promise<void> {
    const input = { identity: this.identity, options: this.#options, abandoned: this.#abandoned };
    await release(await this.#api.get(), input, signal);
    this.#rules = [];
  }

  protected override async find(
    clusterName: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly TaggedResource[]> {
    const api = await this.#api.get();
    const networkProject = projectOf(api, this.#options);
    return await findTaggedThings(api, { clusterName, networkProject, zones: this.#options.zones }, signal);
  }

  protected override get ownThings(): readonly Resource[] {
    return this.#rules.map((id) => ({ kind: "firewall rule", id }));
  }

  protected override async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return this.#ends.failureOf(id)?.message ?? (await bootLogOf(await this.#api.get(), id, signal));
  }

  protected override async disconnect(): Promise<void> {
    this.#api.close();
  }

  async #launchScheduler(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
    const created = await launchScheduler(batch, {
      onLateFailure: (machine, error) => this.#ends.failed([machine], error),
      signal,
    });
    this.#schedulerZone = batch.candidate.zone;
    for (const { id } of created.machines) this.#ownScheduler.see(id);
    return created;
  }

  async #lookUp(api: ComputeApi, signal: AbortSignal): Promise<Discovery> {
    await assertKnownFields("instanceProperties", this.#options.instanceProperties);
    const found = await discover(api, this.#options, signal);
    this.#found = found;
    this.remembered = { ...this.remembered, gpuRoles: MACHINE_ROLES.filter((role) => found.roles[role].hasGpu) };
    return found;
  }
}
