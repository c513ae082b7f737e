import type { NodeExtras } from "../../src/bootstrap/node-spec.ts";
import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { CloudNodes } from "../../src/cloud/cloud-nodes.ts";
import { kindKey, kindOf, kindsOf } from "../../src/cloud/machines/kinds.ts";
import { RecentCreations } from "../../src/cloud/machines/recent-creations.ts";
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
import {
  type Capabilities,
  type CreatedMachines,
  isAlive,
  type Machine,
  type MachineRequest,
  type Resource,
  type TaggedResource,
} from "../../src/provider/machine.ts";
import type { ClusterPlace } from "../../src/provider/place.ts";
import type { PlanRequest, ProviderPlan } from "../../src/provider/plan.ts";
import type { MachineRole } from "../../src/provider/role.ts";
import type { StoreIdentity, StoreQuestion } from "../../src/provider/secrets/store-identity.ts";
import { optionsFor } from "../../src/provider/worker-group.ts";
import { Ec2Api } from "./api/client.ts";
import { Ec2Identity } from "./identity/identity.ts";
import { candidatesFor } from "./machines/candidates.ts";
import {
  type DiscoveryInput,
  type Kind,
  type PreparedDiscovery,
  discoverPrepared,
  foundKind,
  gpusOf,
  prepareDiscovery,
} from "./machines/discovery.ts";
import { instanceProfileOf } from "./machines/instance-profile.ts";
import { launch } from "./machines/launch.ts";
import { LivingMachines } from "./machines/living-machines.ts";
import { bootLogOf, listInstances, machineOf, TROUBLED } from "./machines/machines.ts";
import { terminate } from "./machines/terminate.ts";
import { instanceWithAddresses } from "./network/addresses.ts";
import { release } from "./network/release.ts";
import type { ResolvedEc2Options } from "./options/resolved-options.ts";
import { lookAround } from "./plan/look.ts";
import { planEc2 } from "./plan/plan.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";

/** EC2 counts user data before base64. */
const USER_DATA_LIMIT_BYTES = 16_384;

/** Machines of Amazon EC2, in the account that AWS' own credentials chain finds. */
export class Ec2Provider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: CloudNodes;
  readonly #options: ResolvedEc2Options;
  readonly #recentMachines: RecentCreations;
  readonly #recentGroups: RecentCreations;
  readonly #living = new LivingMachines();
  readonly #api = new LazyApi(() => {
    const { region, endpoint, apiRetries } = this.#options;
    return Ec2Api.open({ region, endpoint, apiRetries });
  });
  /** By the kind of machines. */
  readonly #found = new Map<string, PreparedDiscovery>();
  #identity: Ec2Identity | undefined;
  #schedulerZone: string | undefined;
  #hasMade = false;

  constructor(options: ResolvedEc2Options) {
    this.#options = options;
    this.state = new CloudNodes(options);
    this.capabilities = {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "instance-id",
      keyDelivery: "join",
      spotNotice: "ec2",
      knownTo: "aws",
      ...(options.identityCertificates === "never" ? {} : { identity: "ec2" as const }),
      ...this.state.watching,
    };
    this.#recentMachines = new RecentCreations(options.listLagMs);
    this.#recentGroups = new RecentCreations(options.listLagMs);
  }

  hasMade(): boolean {
    return this.#hasMade;
  }

  nodeExtras(role: MachineRole, question?: NodeQuestion): NodeExtras {
    return this.state.extras(role, question);
  }

  storeIdentity({ group }: StoreQuestion): StoreIdentity {
    return instanceProfileOf(optionsFor(this.#options, group));
  }

  async place(): Promise<ClusterPlace> {
    const { endpoint, availabilityZone } = this.#options;
    return { searched: { region: (await this.#api.get()).region, endpoint }, machines: { availabilityZone } };
  }

  async plan(cluster: ClusterIdentity, request: PlanRequest, signal: AbortSignal): Promise<ProviderPlan> {
    const options = this.#options;
    const { groups } = request;
    const looked = request.look ? await lookAround(await this.#api.get(), { options, groups }, signal) : undefined;
    return planEc2({ cluster, request, options, looked });
  }

  async prepare(cluster: ClusterIdentity, request: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const kinds = kindsOf(this.#options, request.groups);
    const discovery = await this.#settle(cluster, kinds, (input) =>
      prepareDiscovery(
        input,
        {
          kinds,
          tags: request.tags,
          ingress: (network) => {
            const makesFirewall = this.#options.securityGroups.length === 0;
            return ingressFor({ options: this.#options, network, makesFirewall }, signal);
          },
          recent: this.#recentGroups,
          onMaking: () => (this.#hasMade = true),
        },
        signal,
      ),
    );
    const hasNat64 = [...discovery.kinds.values()].every(({ dns64 }) => dns64);
    return { warnings: this.state.warnings({ hasNat64, groups: request.groups }) };
  }

  async create(cluster: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const kind = kindOf(this.#options, request);
    const discovery = this.#found.get(kindKey(kind)) ?? (await this.#discoverPrepared(cluster, kind, signal));
    const { clients } = discovery.addressing;
    const { options } = kind;
    const schedulerZone = this.#schedulerZone;
    this.#hasMade = true;
    const created = await launch(
      {
        api,
        request,
        options,
        candidates: candidatesFor(kind, foundKind(discovery.kinds, kind), { schedulerZone, clients }),
        securityGroups: discovery.securityGroups[request.role],
        clients,
        recentGroups: this.#recentGroups,
        onMade: (machines, { zone }) => {
          const ids = machines.map(({ id }) => id);
          this.#recentMachines.add(ids);
          this.#living.add(ids);
          if (request.role === "scheduler") this.#schedulerZone = zone;
        },
      },
      signal,
    );
    // Workers need the scheduler's address. RunInstances always returns an IPv4 address, and usually an IPv6 address.
    const [scheduler] = created.machines;
    if (request.role === "worker" || scheduler === undefined || scheduler.privateAddress !== undefined) return created;
    const { pollIntervalMs } = options;
    const found = await instanceWithAddresses(api, scheduler, { isPublic: false, clients, pollIntervalMs, signal });
    return { ...created, machines: [found] };
  }

  /** EC2 gives a machine its public address a moment after the machine. */
  async locate(scheduler: Machine, signal: AbortSignal): Promise<Machine> {
    const { publicIp, pollIntervalMs } = this.#options;
    if (!publicIp || scheduler.publicAddress !== undefined) return scheduler;
    const { clients } = this.state.addressing;
    return await instanceWithAddresses(await this.#api.get(), scheduler, {
      isPublic: true,
      clients,
      pollIntervalMs,
      signal,
    });
  }

  async list(
    cluster: ClusterIdentity,
    signal: AbortSignal,
    { notRunning = false }: ListOptions = {},
  ): Promise<readonly Machine[]> {
    return await (notRunning ? this.#listTroubled(cluster, signal) : this.#listAll(cluster, signal));
  }

  async #listAll(cluster: ClusterIdentity, signal: AbortSignal): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const instances = await listInstances(api, cluster, signal);
    const { clients } = this.state.addressing;
    const listed = new Set(instances.map(({ InstanceId = "" }) => InstanceId));
    // In a process that has not made it, for the workers to be near.
    const scheduler = instances.find((instance) => machineOf(instance).role === "scheduler");
    this.#schedulerZone ??= scheduler?.Placement?.AvailabilityZone;
    // A machine that EC2 could not start is terminated at once, and lists lack it as they lack one that is too new.
    const missing = new Set(this.#recentMachines.ids.filter((id) => !listed.has(id)));
    const terminated = missing.size === 0 ? [] : await listInstances(api, cluster, signal, ["terminated"]);
    const ended = terminated.filter(({ InstanceId: id = "" }) => missing.has(id));
    const machines = instances.map((instance) => machineOf(instance, clients));
    this.#living.keepOnly(listed, missing);
    this.#living.add(machines.filter(isAlive).map(({ id }) => id));
    return [...machines, ...ended.map((instance): Machine => ({ ...machineOf(instance, clients), state: "stopped" }))];
  }

  /** Only machines that neither boot nor run. One that was terminated is told as long as this process takes it to be alive. */
  async #listTroubled(cluster: ClusterIdentity, signal: AbortSignal): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const { clients } = this.state.addressing;
    const states = [...TROUBLED, ...(this.#living.mayAskForTerminated ? ["terminated"] : [])];
    const instances = await listInstances(api, cluster, signal, states);
    const machines = instances.map((instance) => machineOf(instance, clients));
    return machines.filter(({ id }, nth) => instances[nth]?.State?.Name !== "terminated" || this.#living.has(id));
  }

  async destroy(_cluster: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    await terminate(await this.#api.get(), ids, { recent: this.#recentMachines, signal });
    this.#living.ended(ids);
  }

  async release(cluster: ClusterIdentity, signal: AbortSignal): Promise<void> {
    const api = await this.#api.get();
    await release({ api, identity: cluster, recentGroups: this.#recentGroups }, signal);
  }

  async find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    return await findTaggedThings(await this.#api.get(), clusterName, signal);
  }

  ownThings(): readonly Resource[] {
    return this.#recentGroups.all.map((id) => ({ kind: "security group", id }));
  }

  async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return await bootLogOf(await this.#api.get(), id, signal);
  }

  async verifyIdentity(
    machine: Machine,
    proof: IdentityProof,
    signal: AbortSignal,
    warn: (warning: string) => void = () => undefined,
  ): Promise<string | undefined> {
    this.#identity ??= new Ec2Identity(await this.#api.get(), this.#options.identityCertificates);
    return await this.#identity.verify(machine, proof, signal, warn);
  }

  async checks(): Promise<readonly Check[]> {
    const { ec2Checks } = await import("./checkup/checks.ts");
    return ec2Checks(() => this.#api.get(), this.#options);
  }

  async disconnect(): Promise<void> {
    this.#api.close();
  }

  /** In a process that has not prepared the cluster, or not for machines of this kind. */
  async #discoverPrepared(cluster: ClusterIdentity, kind: Kind, signal: AbortSignal): Promise<PreparedDiscovery> {
    const { addressing } = this.state;
    return await this.#settle(cluster, [kind], (input) => discoverPrepared(input, { kind, addressing }, signal));
  }

  /** @param find what finds, or prepares, where machines of these kinds are to be */
  async #settle(
    cluster: ClusterIdentity,
    kinds: readonly Kind[],
    find: (input: DiscoveryInput) => Promise<PreparedDiscovery>,
  ): Promise<PreparedDiscovery> {
    const api = await this.#api.get();
    const discovery = await find({ api, options: this.#options, identity: cluster });
    this.state.learn({ gpu: gpusOf(discovery, kinds), addressing: discovery.addressing });
    for (const kind of kinds) this.#found.set(kindKey(kind), discovery);
    return discovery;
  }
}
