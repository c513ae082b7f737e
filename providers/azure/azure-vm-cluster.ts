import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { hasAddresses } from "../../src/cloud/machines/addresses.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { OwnScheduler } from "../../src/cloud/machines/own-scheduler.ts";
import { type Surroundings, VmCluster } from "../../src/cloud/vm-cluster.ts";
import type { NodeExtras } from "../../src/cluster/cluster-spec.ts";
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
import { MACHINE_ROLES, type MachineRole } from "../../src/provider/role.ts";
import { AzureApi } from "./api/client.ts";
import { isGroupGone } from "./errors/azure-error.ts";
import { bootLogOf } from "./machines/console.ts";
import { type Discovery, discover } from "./machines/discovery.ts";
import { launchScheduler } from "./machines/launch-scheduler.ts";
import { launchWorkers } from "./machines/launch-workers.ts";
import { type Batch, launch } from "./machines/launch.ts";
import { listMachines, machineNamed, type Place } from "./machines/machines.ts";
import { RecentResources } from "./machines/recent-resources.ts";
import { terminate } from "./machines/terminate.ts";
import { keyForNobody } from "./machines/vm-model.ts";
import { machineWithAddresses } from "./network/addresses.ts";
import { makesNetwork, REACH } from "./network/network.ts";
import { makeNetwork, partsOfNetwork } from "./network/own-network.ts";
import { release } from "./network/release.ts";
import type { AzureVMClusterOptions } from "./options/options.ts";
import { type AzureOptions, resolveAzureOptions } from "./options/resolved-options.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";
import { type Named, schedulerName } from "./tags/names.ts";
import { mergedTags } from "./tags/tags.ts";

/** In Dask's configuration, as in dask-cloudprovider. */
const SECTION = "azure.azurevm";
/** Azure's custom data, before base64. */
const USER_DATA_LIMIT_BYTES = 65_535;

/**
 * A Dask cluster on Azure's virtual machines, in a resource group that is there.
 *
 * ```ts
 * await using cluster = await new AzureVMCluster({ location: "eastus", resourceGroup: "dask", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the packages `@azure/arm-compute`, `@azure/arm-network` and, unless a `credential` is given, `@azure/identity`.
 */
export class AzureVMCluster extends VmCluster {
  static readonly provider = "azure";

  readonly #options: AzureOptions["options"];
  readonly #credential: AzureOptions["credential"];
  readonly #ends: KnownEnds;
  readonly #recent: RecentResources;
  readonly #api = new LazyApi(() => {
    const { subscriptionId, endpoint, audience, apiRetries } = this.#options;
    return AzureApi.open({ subscriptionId, endpoint, audience, apiRetries, credential: this.#credential });
  });
  #found: Discovery | undefined;
  #sshKeys: readonly string[] | undefined;
  #schedulerZone: string | undefined;
  /** What its own network consists of, from before it is made until it is removed. */
  #network: readonly Resource[] = [];
  readonly #ownScheduler = new OwnScheduler();
  readonly #setOf = new Map<string, string | undefined>();

  constructor(options: AzureVMClusterOptions = {}) {
    const resolved = resolveAzureOptions(SECTION, options);
    super(resolved.options);
    this.#options = resolved.options;
    this.#credential = resolved.credential;
    this.#ends = new KnownEnds(resolved.options.listLagMs);
    this.#recent = new RecentResources(resolved.options.listLagMs);
  }

  protected override get providerName(): string {
    return AzureVMCluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "hostname",
      ...this.watching,
    };
  }

  /** With an identity that may do so, a machine deletes itself at its end: Azure charges for one that is only powered off. */
  protected override nodeExtras(role: MachineRole): NodeExtras {
    const extras = super.nodeExtras(role);
    return this.#options.managedIdentity === undefined ? extras : { ...extras, endScript: "azure-delete-self.sh" };
  }

  protected override async place(): Promise<ClusterPlace> {
    const { subscriptionId } = await this.#api.get();
    const { resourceGroup, endpoint, location } = this.#options;
    return { searched: { subscriptionId, resourceGroup, endpoint }, machines: { location } };
  }

  /** Everything is looked up before anything is made. */
  protected override async prepare({ tags }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const { location, resourceGroup, securityGroup, tags: userTags } = this.#options;
    const makesFirewall = securityGroup === undefined;
    const known = this.#lookUp(api, signal);
    const network = async (): Promise<Surroundings> => {
      const { ranges } = (await known).network;
      return { reach: REACH, ranges: async () => ranges };
    };
    const [, { cidrs }] = await Promise.all([known, this.ingress(network, { makesFirewall }, signal)]);
    const own = { makesFirewall, makesNetwork: makesNetwork(this.#options), recent: this.#recent.network };
    if (!own.makesFirewall && !own.makesNetwork) return {};
    this.hasMade = true;
    this.#network = partsOfNetwork(this.#cluster, own);
    const wishes = { cluster: this.#cluster, resourceGroup, location, tags: mergedTags(userTags, tags), cidrs, ...own };
    await makeNetwork(api, wishes, signal);
    return {};
  }

  protected override async create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const found = this.#found ?? (await this.#lookUp(api, signal));
    this.hasMade = true;
    this.#sshKeys ??= this.#options.sshKeys.length === 0 ? [keyForNobody()] : this.#options.sshKeys;
    const input = {
      api,
      cluster: this.#cluster,
      request,
      options: this.#options,
      discovery: found,
      sshKeys: this.#sshKeys,
      schedulerZone: this.#schedulerZone,
      recent: this.#recent,
    };
    if (request.role === "worker") return await launch(input, (batch) => launchWorkers(batch, signal));
    return await launch(input, (batch) => this.#launchScheduler(batch, signal));
  }

  protected override async locate(scheduler: Machine, signal: AbortSignal): Promise<Machine> {
    const { publicIp: isPublic, resourceGroup, pollIntervalMs } = this.#options;
    if (hasAddresses(scheduler, isPublic)) return scheduler;
    return await machineWithAddresses(
      await this.#api.get(),
      scheduler,
      { resourceGroup, isPublic, pollIntervalMs },
      signal,
    );
  }

  protected override async list(signal: AbortSignal): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const members = await unlessGroupIsGone(listMachines(api, this.#place, this.#recent.scaleSets.ids, signal));
    return members.map(({ machine, scaleSet, zone }) => {
      this.#setOf.set(machine.id, scaleSet);
      // In a process that has not made it, for the workers to be near.
      if (machine.role === "scheduler") {
        this.#schedulerZone ??= zone;
        this.#ownScheduler.see(machine.id);
      }
      // Lists may lack a new set, and with it the set's tags.
      const group = machine.group ?? (scaleSet === undefined ? undefined : this.#recent.membersOf(scaleSet).group);
      return this.#ends.seen({ ...machine, group }, machine.state === "ending");
    });
  }

  protected override async destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const api = await this.#api.get();
    const { resourceGroup } = this.#options;
    // Azure gives workers names of its own.
    const name = schedulerName(this.name);
    const ids = await this.#ownScheduler.stillOwn(
      machines.map(({ id }) => id),
      {
        identity: this.identity,
        isNamed: (id) => id === name,
        look: async (id) => {
          const vm = await machineNamed(api, resourceGroup, id, signal);
          return vm && { tags: vm.tags };
        },
      },
    );
    const setOf = (id: string): string | undefined => this.#setOf.get(id);
    await terminate(api, { resourceGroup, ids, setOf, ends: this.#ends, recent: this.#recent }, signal);
  }

  protected override async release(signal: AbortSignal): Promise<void> {
    const api = await this.#api.get();
    await unlessGroupIsGone(release(api, { ...this.#place, recent: this.#recent }, signal).then(() => []));
    this.#network = [];
  }

  protected override async resources(signal: AbortSignal): Promise<readonly Resource[]> {
    return await unlessGroupIsGone(super.resources(signal));
  }

  protected override async find(
    clusterName: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly TaggedResource[]> {
    const { resourceGroup } = this.#options;
    const whose = clusterName === undefined ? undefined : { name: clusterName };
    return await findTaggedThings(await this.#api.get(), { resourceGroup, whose }, signal);
  }

  protected override get ownThings(): readonly Resource[] {
    return [...this.#recent.scaleSets.all.map((id) => ({ kind: "scale set", id })), ...this.#network];
  }

  protected override async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return await bootLogOf(await this.#api.get(), this.#options.resourceGroup, id, signal);
  }

  protected override async disconnect(): Promise<void> {
    this.#api.close();
  }

  get #place(): Place {
    return { resourceGroup: this.#options.resourceGroup, identity: this.identity };
  }

  get #cluster(): Named {
    return { name: this.name, id: this.id };
  }

  async #launchScheduler(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
    const created = await launchScheduler(batch, signal);
    this.#schedulerZone = batch.model.candidate.zone;
    for (const { id } of created.machines) this.#ownScheduler.see(id);
    return created;
  }

  async #lookUp(api: AzureApi, signal: AbortSignal): Promise<Discovery> {
    const found = await discover(api, this.#options, this.#cluster, signal);
    this.#found = found;
    const gpuRoles = MACHINE_ROLES.filter((role) => found.roles[role].hasGpu);
    this.remembered = { ...this.remembered, gpuRoles };
    return found;
  }
}

/** Somebody may have removed the resource group with all that was in it. */
async function unlessGroupIsGone<Thing>(looking: Promise<readonly Thing[]>): Promise<readonly Thing[]> {
  try {
    return await looking;
  } catch (error) {
    if (isGroupGone(error)) return [];
    throw error;
  }
}
