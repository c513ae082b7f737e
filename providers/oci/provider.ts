import type { NodeExtras } from "../../src/bootstrap/node-spec.ts";
import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { CloudNodes } from "../../src/cloud/cloud-nodes.ts";
import { kindKey, kindOf, kindsOf } from "../../src/cloud/machines/kinds.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { RecentCreations } from "../../src/cloud/machines/recent-creations.ts";
import { IPV4_ONLY } from "../../src/cloud/network/address-family.ts";
import { ingressFor } from "../../src/cloud/network/ingress.ts";
import { DaskFleetError } from "../../src/errors.ts";
import type { Check } from "../../src/provider/checkup.ts";
import type {
  CloudProvider,
  ListOptions,
  NodeQuestion,
  PlaceQuestion,
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
import type { StoreIdentity } from "../../src/provider/secrets/store-identity.ts";
import { OciApi } from "./api/client.ts";
import { candidatesFor } from "./machines/candidates.ts";
import { consoleOf } from "./machines/console.ts";
import { type Discovery, discover, foundKind, gpusOf, networkOf } from "./machines/discovery.ts";
import { openHostFirewall } from "./machines/host-firewall.ts";
import { USER_DATA_LIMIT_BYTES } from "./machines/launch-details.ts";
import { launch } from "./machines/launch.ts";
import { isTerminated, listInstances, machineOf } from "./machines/machines.ts";
import { terminate } from "./machines/terminate.ts";
import { Unproven } from "./machines/unproven.ts";
import { instanceWithAddresses, privateAddresses } from "./network/addresses.ts";
import { ensureGroups, findRoleGroups, type RoleGroups } from "./network/firewall.ts";
import { release } from "./network/release.ts";
import type { OciKind } from "./options/kinds.ts";
import type { ResolvedOciOptions } from "./options/resolved-options.ts";
import { lookAround } from "./plan/look.ts";
import { planOci } from "./plan/plan.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";

/** Instances of Oracle Cloud Infrastructure, in one compartment and region. */
export class OciProvider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: CloudNodes;
  readonly #options: ResolvedOciOptions;
  readonly #ends: KnownEnds;
  readonly #unproven: Unproven;
  readonly #recentMachines: RecentCreations;
  readonly #recentGroups: RecentCreations;
  readonly #api = new LazyApi(() => OciApi.open(this.#options));
  /** Of kinds of machines, by {@link kindKey}. */
  #discovery: Discovery | undefined;
  #groups: RoleGroups | undefined;
  /** Of machines, by OCID: they do not change. */
  #addresses: ReadonlyMap<string, string> = new Map();
  #schedulerDomain: string | undefined;
  #hasMade = false;

  constructor(options: ResolvedOciOptions) {
    this.#options = options;
    this.state = new CloudNodes(options);
    this.capabilities = {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "instance-id",
      keyDelivery: "join",
      knownTo: "oci",
      ...this.state.watching,
    };
    this.#ends = new KnownEnds(options.listLagMs);
    this.#unproven = new Unproven(this.#ends);
    this.#recentMachines = new RecentCreations(options.listLagMs);
    this.#recentGroups = new RecentCreations(options.listLagMs);
  }

  hasMade(): boolean {
    return this.#hasMade;
  }

  /** Oracle's images let nobody in but SSH, whatever the network security groups say. */
  nodeExtras(role: MachineRole, question?: NodeQuestion): NodeExtras {
    const extras = this.state.extras(role, question);
    return { ...extras, preBootstrap: [openHostFirewall, ...(extras.preBootstrap ?? [])] };
  }

  /** Every instance has one. What it may do is up to dynamic groups and policies. */
  storeIdentity(): StoreIdentity {
    return { who: "instance principal" };
  }

  async place({ account }: PlaceQuestion): Promise<ClusterPlace> {
    const { region, compartmentId, tenancy } = await this.#api.get();
    const { endpoint, availabilityDomain } = this.#options;
    return {
      searched: { region, compartmentId, endpoint },
      machines: { availabilityDomain },
      ...(account ? { account: tenancy } : {}),
    };
  }

  async plan(cluster: ClusterIdentity, request: PlanRequest, signal: AbortSignal): Promise<ProviderPlan> {
    const options = this.#options;
    const { groups } = request;
    const looked = request.look ? await lookAround(await this.#api.get(), { options, groups }, signal) : undefined;
    return planOci({ cluster, request, options, looked });
  }

  async prepare(identity: ClusterIdentity, { tags, groups }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const options = this.#options;
    const { nsgIds } = options;
    const makesFirewall = nsgIds.length === 0;
    const finding = this.#discover(api, kindsOf(options, groups), signal);
    const network = networkOf(api, finding, signal);
    const [{ vcnId }, { cidrs }] = await Promise.all([
      finding,
      ingressFor({ options, network, makesFirewall }, signal),
    ]);
    this.state.learn({ addressing: IPV4_ONLY });
    if (!makesFirewall) {
      this.#groups = { scheduler: nsgIds, worker: nsgIds };
      return {};
    }
    this.#hasMade = true;
    const wishes = { vcnId, identity, tags, userTags: options, cidrs };
    this.#groups = await ensureGroups(api, wishes, { recent: this.#recentGroups, signal });
    return {};
  }

  async create(identity: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const kind = kindOf(this.#options, request);
    const { options } = kind;
    const discovery =
      this.#discovery?.kinds.has(kindKey(kind)) === true ? this.#discovery : await this.#discover(api, [kind], signal);
    const groups = (this.#groups ??= await this.#foundGroups(api, identity, signal));
    this.#hasMade = true;
    // Workers need the scheduler's address.
    const settle = async (machine: Machine): Promise<Machine> => await this.#withAddresses(api, machine, signal);
    return await launch(
      {
        api,
        request,
        options,
        candidates: candidatesFor(kind, foundKind(discovery.kinds, kind), this.#schedulerDomain),
        nsgIds: groups[request.role],
        recentGroups: this.#recentGroups,
        settle: request.role === "scheduler" ? settle : undefined,
        onMade: ({ id, workRequestId }, { availabilityDomain }) => {
          this.#recentMachines.add([id]);
          this.#unproven.add(id, workRequestId);
          if (request.role === "scheduler") this.#schedulerDomain = availabilityDomain;
        },
      },
      signal,
    );
  }

  /** Lists tell no public address. */
  async locate(scheduler: Machine, signal: AbortSignal): Promise<Machine> {
    if (!this.#options.publicIp || scheduler.publicAddress !== undefined) return scheduler;
    return await this.#withAddresses(await this.#api.get(), scheduler, signal);
  }

  async list(
    identity: ClusterIdentity,
    signal: AbortSignal,
    { notRunning = false }: ListOptions = {},
  ): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const instances = await listInstances(api, identity, signal);
    await this.#unproven.see(api, instances, signal);
    const living = instances.filter((instance) => !isTerminated(instance));
    // In a process that has not made it, for the workers to be near.
    const scheduler = living.find((instance) => machineOf(instance).role === "scheduler");
    this.#schedulerDomain ??= scheduler?.availabilityDomain;
    const machines = living.map((instance) => this.#ends.seen(machineOf(instance)));
    if (!notRunning) await this.#learnAddresses(api, machines, signal);
    const known = machines.map((machine) => ({ ...machine, privateAddress: this.#addresses.get(machine.id) }));
    return this.#ends.withFailed(known);
  }

  async destroy(_identity: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    const deleting = { ends: this.#ends, recent: this.#recentMachines };
    this.#unproven.forget(ids);
    const failed = ids.filter((id) => this.#ends.failureOf(id) !== undefined);
    this.#ends.forgetFailures(failed);
    await terminate(
      await this.#api.get(),
      ids.filter((id) => !failed.includes(id)),
      deleting,
      signal,
    );
  }

  async release(identity: ClusterIdentity, signal: AbortSignal): Promise<void> {
    await release({ api: await this.#api.get(), identity, recentGroups: this.#recentGroups }, signal);
  }

  async find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    return await findTaggedThings(await this.#api.get(), clusterName, signal);
  }

  ownThings(): readonly Resource[] {
    return this.#recentGroups.all.map((id) => ({ kind: "network security group", id }));
  }

  async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return this.#ends.failureOf(id)?.message ?? (await consoleOf(await this.#api.get(), id, signal));
  }

  async checks(): Promise<readonly Check[]> {
    const { ociChecks } = await import("./checkup/checks.ts");
    return ociChecks(() => this.#api.get(), this.#options);
  }

  async disconnect(): Promise<void> {
    this.#api.close();
  }

  async #withAddresses(api: OciApi, machine: Machine, signal: AbortSignal): Promise<Machine> {
    const { publicIp: isPublic, pollIntervalMs } = this.#options;
    const whyEnded = async (): Promise<DaskFleetError | undefined> =>
      await this.#unproven.whyEnded(api, machine.id, signal);
    return await instanceWithAddresses(api, machine, { isPublic, pollIntervalMs, signal, whyEnded });
  }

  /** Two lists for all machines, and only while one that runs has no known address. */
  async #learnAddresses(api: OciApi, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const isMissing = ({ id, state }: Machine): boolean => state === "running" && !this.#addresses.has(id);
    if (machines.some(isMissing)) this.#addresses = await privateAddresses(api, signal);
  }

  /** In a process that has not prepared the cluster. */
  async #foundGroups(api: OciApi, identity: ClusterIdentity, signal: AbortSignal): Promise<RoleGroups> {
    const { nsgIds } = this.#options;
    if (nsgIds.length > 0) return { scheduler: nsgIds, worker: nsgIds };
    const found = await findRoleGroups(api, identity, signal);
    if (found !== undefined) return found;
    const message = `The network security group of ${identity.name} does not exist any more. No machine can be added.`;
    throw new DaskFleetError("PROVIDER_FAILED", message, { meaning: "gone" });
  }

  /** What is found is added to what is known of other kinds. */
  async #discover(api: OciApi, kinds: readonly OciKind[], signal: AbortSignal): Promise<Discovery> {
    const found = await discover(api, { options: this.#options, kinds }, signal);
    this.#discovery = { ...found, kinds: new Map([...(this.#discovery?.kinds ?? []), ...found.kinds]) };
    this.state.learn({ gpu: gpusOf(found, kinds) });
    return this.#discovery;
  }
}
