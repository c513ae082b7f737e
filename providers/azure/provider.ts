import type { NodeExtras } from "../../src/bootstrap/node-spec.ts";
import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { CloudNodes } from "../../src/cloud/cloud-nodes.ts";
import { hasAddresses } from "../../src/cloud/machines/addresses.ts";
import { kindKey } from "../../src/cloud/machines/kinds.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { OwnScheduler } from "../../src/cloud/machines/own-scheduler.ts";
import { ingressFor } from "../../src/cloud/network/ingress.ts";
import { DaskFleetError } from "../../src/errors.ts";
import type { Check } from "../../src/provider/checkup.ts";
import type {
  CloudProvider,
  IdentityProof,
  ListOptions,
  NodeQuestion,
  PrepareRequest,
  Prepared,
} from "../../src/provider/cloud-provider.ts";
import type { ClusterIdentity } from "../../src/provider/identity.ts";
import type {
  Capabilities,
  CreatedMachines,
  Machine,
  MachineRequest,
  Resource,
  TaggedResource,
} from "../../src/provider/machine.ts";
import type { ClusterPlace } from "../../src/provider/place.ts";
import type { PlanRequest, ProviderPlan } from "../../src/provider/plan.ts";
import type { MachineRole } from "../../src/provider/role.ts";
import type { StoreIdentity, StoreQuestion } from "../../src/provider/secrets/store-identity.ts";
import { groupsNamed, optionsFor, type WorkerGroup } from "../../src/provider/worker-group.ts";
import { unlessAborted } from "../../src/wait.ts";
import { AzureApi } from "./api/client.ts";
import { isGroupGone } from "./errors/azure-error.ts";
import { AzureIdentity } from "./identity/identity.ts";
import { bootLogOf } from "./machines/console.ts";
import { type Discovery, discover, gpusIn } from "./machines/discovery.ts";
import { azureKinds } from "./machines/kinds.ts";
import { launchScheduler } from "./machines/launch-scheduler.ts";
import { launchWorkers } from "./machines/launch-workers.ts";
import { type Batch, launch } from "./machines/launch.ts";
import { type OwnSet, type Place, listMachines, machineNamed, scaleSetsOf } from "./machines/machines.ts";
import { RecentResources } from "./machines/recent-resources.ts";
import { terminate } from "./machines/terminate.ts";
import { keyForNobody } from "./machines/vm-model.ts";
import { machineWithAddresses } from "./network/addresses.ts";
import { makesNetwork, reachOf } from "./network/network.ts";
import { makeNetwork, partsOfNetwork } from "./network/own-network.ts";
import { release } from "./network/release.ts";
import type { AzureOptions } from "./options/resolved-options.ts";
import { lookAround } from "./plan/look.ts";
import { planAzure } from "./plan/plan.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";
import { type Named, schedulerName } from "./tags/names.ts";
import { mergedTags } from "./tags/tags.ts";

/** Azure's custom data, before base64. */
const USER_DATA_LIMIT_BYTES = 65_535;

/** Virtual machines of Azure, in a resource group that is there. */
export class AzureVmProvider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: CloudNodes;
  readonly #options: AzureOptions["options"];
  readonly #credential: AzureOptions["credential"];
  readonly #ends: KnownEnds;
  readonly #recent: RecentResources;
  readonly #api = new LazyApi(() => {
    const { subscriptionId, endpoint, audience, apiRetries, pollIntervalMs } = this.#options;
    const credential = this.#credential;
    return AzureApi.open({ subscriptionId, endpoint, audience, apiRetries, pollIntervalMs, credential });
  });
  #discovery: Discovery | undefined;
  #discovering: Promise<Discovery> | undefined;
  #spareKey: string | undefined;
  #schedulerZone: string | undefined;
  /** What its own network consists of, from before it is made until it is removed. */
  #network: readonly Resource[] = [];
  readonly #ownScheduler = new OwnScheduler();
  readonly #setOf = new Map<string, string | undefined>();
  /** As the last list had them. */
  #vmIds: ReadonlyMap<string, string | undefined> = new Map();
  #identity: AzureIdentity | undefined;
  /** As the last list of them had them. */
  #sets: readonly OwnSet[] = [];

  #hasMade = false;

  constructor({ options, credential }: AzureOptions) {
    this.#options = options;
    this.#credential = credential;
    this.state = new CloudNodes(options);
    this.capabilities = {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "hostname",
      keyDelivery: "join",
      spotNotice: "azure",
      knownTo: "azure",
      // An address is its interface's: a call for each machine.
      addressesListed: false,
      ...(options.identityCertificates === "never" ? {} : { identity: "azure" as const }),
      ...this.state.watching,
    };
    this.#ends = new KnownEnds(options.listLagMs);
    this.#recent = new RecentResources(options.listLagMs);
  }

  hasMade(): boolean {
    return this.#hasMade;
  }

  /** With an identity that may do so, a machine deletes itself at its end: Azure charges for one that is only powered off. */
  nodeExtras(role: MachineRole, question?: NodeQuestion): NodeExtras {
    const extras = this.state.extras(role, question);
    const { managedIdentity } = optionsFor(this.#options, question?.group);
    return managedIdentity === undefined ? extras : { ...extras, endScript: "azure-delete-self.sh" };
  }

  storeIdentity({ group }: StoreQuestion): StoreIdentity {
    const { managedIdentity } = optionsFor(this.#options, group);
    return managedIdentity === undefined
      ? { lacks: "their machines have no identity. Set `managedIdentity`" }
      : { who: `managed identity ${managedIdentity.split("/").at(-1) ?? ""}` };
  }

  async place(): Promise<ClusterPlace> {
    const { subscriptionId } = await this.#api.get();
    const { resourceGroup, endpoint, location } = this.#options;
    return { searched: { subscriptionId, resourceGroup, endpoint }, machines: { location } };
  }

  async plan(cluster: ClusterIdentity, request: PlanRequest, signal: AbortSignal): Promise<ProviderPlan> {
    const wishes = { options: this.#options, groups: request.groups, cluster: named(cluster) };
    const looked = request.look ? await lookAround(await this.#api.get(), wishes, signal) : undefined;
    return planAzure({ cluster: named(cluster), request, options: this.#options, looked });
  }

  /** Everything is looked up before anything is made. */
  async prepare(cluster: ClusterIdentity, { tags, groups }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const { location, resourceGroup, securityGroup, tags: userTags } = this.#options;
    const makesFirewall = securityGroup === undefined;
    const known = this.#discover(api, cluster, groups, signal);
    const network = reachOf(known.then((found) => found.network));
    const [, { cidrs }] = await Promise.all([
      known,
      ingressFor({ options: this.#options, network, makesFirewall }, signal),
    ]);
    const own = { makesFirewall, makesNetwork: makesNetwork(this.#options), recent: this.#recent.network };
    if (!own.makesFirewall && !own.makesNetwork) return {};
    this.#hasMade = true;
    this.#network = partsOfNetwork(named(cluster), own);
    const wishes = {
      cluster: named(cluster),
      resourceGroup,
      location,
      tags: mergedTags(userTags, tags),
      cidrs,
      ...own,
    };
    await makeNetwork(api, wishes, signal);
    return {};
  }

  async create(cluster: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const discovery = await this.#discovered(api, cluster, request, signal);
    this.#hasMade = true;
    this.#spareKey ??= keyForNobody();
    const input = {
      api,
      cluster: named(cluster),
      request,
      options: this.#options,
      discovery,
      spareKey: this.#spareKey,
      schedulerZone: this.#schedulerZone,
      recent: this.#recent,
    };
    if (request.role === "worker") return await launch(input, (batch) => launchWorkers(batch, signal));
    return await launch(input, (batch) => this.#launchScheduler(batch, signal));
  }

  async locate(scheduler: Machine, signal: AbortSignal): Promise<Machine> {
    const { publicIp: isPublic, resourceGroup, pollIntervalMs } = this.#options;
    if (hasAddresses(scheduler, isPublic)) return scheduler;
    return await machineWithAddresses(
      await this.#api.get(),
      scheduler,
      { resourceGroup, isPublic, pollIntervalMs },
      signal,
    );
  }

  /** Azure filters machines by nothing but their scale set. */
  async list(
    cluster: ClusterIdentity,
    signal: AbortSignal,
    { notRunning = false }: ListOptions = {},
  ): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const place = this.#placeOf(cluster);
    const sets = notRunning && this.#sets.length > 0 ? Promise.resolve(this.#sets) : this.#listSets(api, place, signal);
    const members = await unlessGroupIsGone(listMachines(api, place, sets, signal));
    this.#vmIds = new Map(members.map(({ machine, vmId }) => [machine.id, vmId]));
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

  async #listSets(api: AzureApi, place: Place, signal: AbortSignal): Promise<readonly OwnSet[]> {
    this.#sets = await scaleSetsOf(api, place, this.#recent.scaleSets.ids, signal);
    return this.#sets;
  }

  async destroy(cluster: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const api = await this.#api.get();
    const { resourceGroup } = this.#options;
    // Azure gives workers names of its own.
    const name = schedulerName(cluster.name);
    const ids = await this.#ownScheduler.stillOwn(
      machines.map(({ id }) => id),
      {
        identity: cluster,
        isNamed: (id) => id === name,
        look: async (id) => {
          const vm = await machineNamed(api, resourceGroup, id, signal);
          return vm && { tags: vm.tags };
        },
      },
    );
    // A close may come before the first list.
    const setOf = (id: string): string | undefined => this.#setOf.get(id) ?? this.#recent.setOf(id);
    await terminate(api, { resourceGroup, ids, setOf, ends: this.#ends, recent: this.#recent }, signal);
  }

  async release(cluster: ClusterIdentity, signal: AbortSignal): Promise<void> {
    const api = await this.#api.get();
    await unlessGroupIsGone(release(api, { ...this.#placeOf(cluster), recent: this.#recent }, signal).then(() => []));
    this.#network = [];
  }

  async resources({ name, ids }: ClusterIdentity, signal: AbortSignal): Promise<readonly Resource[]> {
    const found = await unlessGroupIsGone(this.find(name, signal));
    return found.filter(({ clusterId }) => ids.includes(clusterId));
  }

  async find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    const { resourceGroup } = this.#options;
    const whose = clusterName === undefined ? undefined : { name: clusterName };
    return await findTaggedThings(await this.#api.get(), { resourceGroup, whose }, signal);
  }

  ownThings(): readonly Resource[] {
    return [...this.#recent.scaleSets.all.map((id) => ({ kind: "scale set", id })), ...this.#network];
  }

  async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return await bootLogOf(await this.#api.get(), this.#options.resourceGroup, id, signal);
  }

  async verifyIdentity({ id }: Machine, proof: IdentityProof, signal: AbortSignal): Promise<string | undefined> {
    const api = await this.#api.get();
    const { identityCertificates, resourceGroup } = this.#options;
    const vmId = this.#vmIds.get(id) ?? (await machineNamed(api, resourceGroup, id, signal))?.vmId;
    if (vmId === undefined) {
      // A verdict would be the end of the machine.
      const message = `Azure does not tell the id of the virtual machine ${id} yet.`;
      throw new DaskFleetError("PROVIDER_FAILED", message, { meaning: "transient" });
    }
    this.#identity ??= new AzureIdentity(api, identityCertificates);
    return await this.#identity.verify(vmId, proof, signal);
  }

  async checks(): Promise<readonly Check[]> {
    const { azureChecks } = await import("./checkup/checks.ts");
    const isGiven = this.#credential !== undefined;
    return azureChecks(() => this.#api.get(), { options: this.#options, isGiven });
  }

  async disconnect(): Promise<void> {
    this.#api.close();
  }

  #placeOf(cluster: ClusterIdentity): Place {
    return { resourceGroup: this.#options.resourceGroup, identity: cluster };
  }

  async #launchScheduler(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
    const created = await launchScheduler(batch, signal);
    this.#schedulerZone = batch.model.candidate.zone;
    for (const { id } of created.machines) this.#ownScheduler.see(id);
    return created;
  }

  /** Another process may have prepared the cluster: what all groups need is then looked up once, whichever comes first. */
  async #discovered(
    api: AzureApi,
    cluster: ClusterIdentity,
    { role, group }: MachineRequest,
    signal: AbortSignal,
  ): Promise<Discovery> {
    const before = this.#discovering;
    const discovering = async (): Promise<Discovery> => {
      // Its failure is its own caller's.
      await unlessAborted(signal, Promise.allSettled([before]));
      if (this.#discovery?.sizes.has(kindKey({ role, group })) === true) return this.#discovery;
      return await this.#discover(api, cluster, group === undefined ? [] : [group], signal);
    };
    const discovery = discovering();
    this.#discovering = discovery;
    return await discovery;
  }

  /** For all groups of the cluster, and those that a request names. */
  async #discover(
    api: AzureApi,
    cluster: ClusterIdentity,
    asked: readonly WorkerGroup[],
    signal: AbortSignal,
  ): Promise<Discovery> {
    const others = groupsNamed(this.#options).filter(({ name }) => asked.every((each) => each.name !== name));
    const kinds = azureKinds(this.#options, [...asked, ...others]);
    const discovery = await discover(api, { options: this.#options, kinds, cluster: named(cluster) }, signal);
    this.#discovery = discovery;
    this.state.learn({ gpu: gpusIn(discovery.sizes, kinds) });
    return discovery;
  }
}

/** One that makes something stands for one id. */
function named({ name, ids: [id] }: ClusterIdentity): Named {
  return { name, id };
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
