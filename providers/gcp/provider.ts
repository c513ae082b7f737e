import type { NodeExtras } from "../../src/bootstrap/node-spec.ts";
import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { CloudNodes, type FoundGpus } from "../../src/cloud/cloud-nodes.ts";
import { kindKey, kindOf, kindsOf, optionInWords } from "../../src/cloud/machines/kinds.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { OwnScheduler } from "../../src/cloud/machines/own-scheduler.ts";
import { ingressFor } from "../../src/cloud/network/ingress.ts";
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
import { DEFAULT_GROUP, optionsFor } from "../../src/provider/worker-group.ts";
import { ComputeApi } from "./api/client.ts";
import { GcpIdentity } from "./identity/identity.ts";
import { AbandonedOperations } from "./machines/abandoned.ts";
import { type Discovery, discover, networkOf } from "./machines/discovery.ts";
import type { KindDiscovery } from "./machines/kinds.ts";
import { launchScheduler } from "./machines/launch-scheduler.ts";
import { launchWorkers } from "./machines/launch-workers.ts";
import { type Batch, launch } from "./machines/launch.ts";
import { bootLogOf, instanceNamed, listInstancesOf, machineOf } from "./machines/machines.ts";
import { USER_DATA_LIMIT_BYTES } from "./machines/metadata.ts";
import { terminate } from "./machines/terminate.ts";
import { failureOfRules, firewallRules, makeRules } from "./network/firewall.ts";
import { type Network, projectOf } from "./network/network.ts";
import { release } from "./network/release.ts";
import { accountForStores, accountOf } from "./options/identity.ts";
import { allKinds, allZones, type GcpKind } from "./options/kinds.ts";
import { assertKnownFields } from "./options/override-names.ts";
import type { GcpOptions } from "./options/resolved-options.ts";
import { lookAround } from "./plan/look.ts";
import { planGcp } from "./plan/plan.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";
import { placeOf, schedulerName } from "./tags/names.ts";

/** Machines of Google Compute Engine, in the project and with the credentials that Google's own discovery finds. */
export class GcpProvider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: CloudNodes;
  readonly #options: GcpOptions["options"];
  readonly #credentials: GcpOptions["credentials"];
  readonly #ends: KnownEnds;
  readonly #abandoned: AbandonedOperations;
  readonly #ownScheduler = new OwnScheduler();
  readonly #api = new LazyApi(() => {
    const { projectId, endpoint, apiRetries } = this.#options;
    return ComputeApi.open({ projectId, endpoint, apiRetries, credentials: this.#credentials });
  });
  #discovery: Discovery | undefined;
  #identity: GcpIdentity | undefined;
  /** Why the firewall rules do not hold, if they do not. */
  #firewall: Promise<Error | undefined> = Promise.resolve(undefined);
  #schedulerZone: string | undefined;
  /** Names of its firewall rules, from before they are made until they are removed. */
  #rules: readonly string[] = [];

  #hasMade = false;

  constructor({ options, credentials }: GcpOptions) {
    this.#options = options;
    this.#credentials = credentials;
    this.state = new CloudNodes(options);
    this.capabilities = {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "hostname",
      keyDelivery: "join",
      spotNotice: "gcp",
      knownTo: "gcp",
      // The metadata server signs nothing for a machine without a service account.
      ...(identifies(options) ? { identity: "gcp" as const } : {}),
      ...this.state.watching,
    };
    this.#ends = new KnownEnds(options.listLagMs);
    this.#abandoned = new AbandonedOperations(options.listLagMs);
  }

  hasMade(): boolean {
    return this.#hasMade;
  }

  nodeExtras(role: MachineRole, question?: NodeQuestion): NodeExtras {
    return this.state.extras(role, question);
  }

  storeIdentity({ isOfCloud, group }: StoreQuestion): StoreIdentity {
    return accountForStores(optionsFor(this.#options, group), isOfCloud);
  }

  async place(): Promise<ClusterPlace> {
    const api = await this.#api.get();
    const { endpoint } = this.#options;
    const networkProjectId = projectOf(api, this.#options);
    const machines = { zones: allZones(this.#options) };
    return { searched: { projectId: api.project, networkProjectId, endpoint }, machines };
  }

  async plan(cluster: ClusterIdentity, request: PlanRequest, signal: AbortSignal): Promise<ProviderPlan> {
    const looked = request.look
      ? await lookAround(await this.#api.get(), { options: this.#options, groups: request.groups }, signal)
      : undefined;
    return planGcp({ cluster, request, options: this.#options, looked });
  }

  /** Everything is looked up before anything is made. The firewall rules come to hold while the scheduler is made. */
  async prepare(identity: ClusterIdentity, { tags, groups }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const { createFirewall } = this.#options;
    const known = this.#discover(api, kindsOf(this.#options, groups), signal);
    const around = networkOf(api, known, this.#options, signal);
    const [{ network, reach }, { cidrs, clients }] = await Promise.all([
      known,
      ingressFor({ options: this.#options, network: around, makesFirewall: createFirewall }, signal),
    ]);
    const members = reach.families.includes(4) ? 4 : 6;
    this.state.learn({ addressing: { members, clients } });
    const prepared = { warnings: this.state.warnings({ hasNat64: false, groups }) };
    if (!createFirewall) return prepared;
    const { project, link } = network;
    this.#hasMade = true;
    const wishes = { identity, network: link, tags, userTags: this.#options.tags, cidrs };
    this.#rules = firewallRules(wishes).map(({ name }) => name ?? "");
    const making = { project, abandoned: this.#abandoned };
    const begun = await makeRules(api, making, wishes, signal);
    // It counts as a failure of the scheduler's machine, once that exists.
    this.#firewall = failureOfRules(api, project, begun, signal);
    return prepared;
  }

  async create(identity: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const asked = kindOf(this.#options, request);
    const { network, kind } = await this.#found(api, asked, signal);
    this.#hasMade = true;
    const input = {
      api,
      identity,
      request,
      options: asked.options,
      network,
      kind,
      clients: this.state.addressing.clients,
      schedulerZone: this.#schedulerZone,
      abandoned: this.#abandoned,
    };
    if (request.role === "worker") return await launch(input, (batch) => launchWorkers(batch, signal));
    const created = await launch(input, (batch) => this.#launchScheduler(batch, signal));
    // Without waiting: the rules come to hold long before Dask is up.
    void this.#firewall.then((failure) => failure && this.#ends.failed(created.machines, failure));
    return created;
  }

  async list(
    identity: ClusterIdentity,
    signal: AbortSignal,
    { notRunning = false }: ListOptions = {},
  ): Promise<readonly Machine[]> {
    const wanted = { whose: identity, zones: allZones(this.#options), notRunning };
    const instances = await listInstancesOf(await this.#api.get(), wanted, signal);
    const { clients } = this.state.addressing;
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

  async destroy(identity: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    const api = await this.#api.get();
    const name = schedulerName(identity.name);
    // Workers' names are random.
    const own = await this.#ownScheduler.stillOwn(ids, {
      identity,
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
  async release(identity: ClusterIdentity, signal: AbortSignal): Promise<void> {
    const input = { identity, options: this.#options, abandoned: this.#abandoned };
    await release(await this.#api.get(), input, signal);
    this.#rules = [];
  }

  async find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    const api = await this.#api.get();
    const networkProject = projectOf(api, this.#options);
    return await findTaggedThings(api, { clusterName, networkProject, zones: allZones(this.#options) }, signal);
  }

  ownThings(): readonly Resource[] {
    return this.#rules.map((id) => ({ kind: "firewall rule", id }));
  }

  async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return this.#ends.failureOf(id)?.message ?? (await bootLogOf(await this.#api.get(), id, signal));
  }

  async verifyIdentity(machine: Machine, proof: IdentityProof, signal: AbortSignal): Promise<string | undefined> {
    const api = await this.#api.get();
    this.#identity ??= new GcpIdentity(api.project, this.#options.identityCertificates);
    return await this.#identity.verify(machine, proof, signal);
  }

  async checks(): Promise<readonly Check[]> {
    const { gcpChecks } = await import("./checkup/checks.ts");
    const isGiven = this.#credentials !== undefined;
    return gcpChecks(() => this.#api.get(), { options: this.#options, isGiven });
  }

  async disconnect(): Promise<void> {
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

  /** Another process may have prepared the cluster, or a group may be new. */
  async #found(
    api: ComputeApi,
    asked: GcpKind,
    signal: AbortSignal,
  ): Promise<{ readonly network: Network; readonly kind: KindDiscovery }> {
    const key = kindKey(asked);
    const known = this.#discovery?.kinds.get(key);
    if (this.#discovery !== undefined && known !== undefined) return { network: this.#discovery.network, kind: known };
    const { network, kinds } = await this.#discover(api, [asked], signal);
    const kind = kinds.get(key);
    if (kind === undefined) throw new Error(`Nothing was looked up for ${key}`);
    return { network, kind };
  }

  /** What is found is added to what is known of other kinds. */
  async #discover(api: ComputeApi, kinds: readonly GcpKind[], signal: AbortSignal): Promise<Discovery> {
    for (const kind of kinds)
      await assertKnownFields(optionInWords(kind, "instanceProperties"), kind.options.instanceProperties);
    const input = { options: this.#options, kinds, known: this.#discovery?.network };
    const found = await discover(api, input, signal);
    this.#discovery = { ...found, kinds: new Map([...(this.#discovery?.kinds ?? []), ...found.kinds]) };
    const hasGpu = (kind: GcpKind): boolean => found.kinds.get(kindKey(kind))?.hasGpu === true;
    for (const kind of kinds) this.state.learn({ gpu: gpuOf(kind, hasGpu(kind)) });
    return this.#discovery;
  }
}

function identifies(options: GcpOptions["options"]): boolean {
  if (options.identityCertificates === "never") return false;
  return allKinds(options).every((kind) => accountOf(kind.options) !== undefined);
}

function gpuOf({ role, group }: GcpKind, hasGpu: boolean): FoundGpus {
  return role === "scheduler" ? { scheduler: hasGpu } : { groups: { [group?.name ?? DEFAULT_GROUP]: hasGpu } };
}
