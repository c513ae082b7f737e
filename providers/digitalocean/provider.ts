import type { NodeExtras } from "../../src/bootstrap/node-spec.ts";
import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { CloudNodes } from "../../src/cloud/cloud-nodes.ts";
import { kindKey, kindOf, kindsOf } from "../../src/cloud/machines/kinds.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { RecentCreations, recentByKind } from "../../src/cloud/machines/recent-creations.ts";
import { ingressFor } from "../../src/cloud/network/ingress.ts";
import type { Check } from "../../src/provider/checkup.ts";
import type {
  CloudProvider,
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
import { DEFAULT_GROUP } from "../../src/provider/worker-group.ts";
import { DropletApi } from "./api/client.ts";
import { type Found, type Kind, accountId, assertRoom, discover, foundFor } from "./machines/discovery.ts";
import { launch } from "./machines/launch.ts";
import { listDroplets, machineOf, tagOfAll, whereToLook } from "./machines/machines.ts";
import { DeletedUnlisted, terminate } from "./machines/terminate.ts";
import { dropletWithAddresses } from "./network/addresses.ts";
import { RECENT_KINDS, type RecentNetwork, ensureFirewalls } from "./network/firewall.ts";
import { networkOf } from "./network/network.ts";
import { release } from "./network/release.ts";
import type { DropletOptions } from "./options/resolved-options.ts";
import { lookAround } from "./plan/look.ts";
import { planDigitalOcean } from "./plan/plan.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";
import { isClusters, tagsFor } from "./tags/tags.ts";

/** A droplet's way out is its public address; members reach each other in the VPC network. */
const PRIVATE_ADDRESS = "{{ds.meta_data.interfaces.private[0].ipv4.ip_address}}";
/** DigitalOcean takes 64 KiB. */
const USER_DATA_LIMIT_BYTES = 65_536;

/** DigitalOcean's droplets, in the account that a token opens. */
export class DropletProvider implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly state: CloudNodes;
  readonly #options: DropletOptions["options"];
  readonly #token: string | undefined;
  readonly #tokenFrom: string | undefined;
  readonly #ends: KnownEnds;
  readonly #recent: RecentNetwork;
  readonly #recentMachines: RecentCreations;
  readonly #api = new LazyApi(() => {
    const { endpoint, apiRetries } = this.#options;
    return DropletApi.open({ token: this.#token, endpoint, apiRetries });
  });
  /** Of kinds of droplets, by {@link kindKey}. */
  readonly #found = new Map<string, Found>();
  #listed: ReadonlySet<string> = new Set();
  readonly #deletedUnlisted = new DeletedUnlisted();
  #account: string | undefined;

  #hasMade = false;

  constructor({ options, token, tokenFrom }: DropletOptions) {
    this.#options = options;
    this.#token = token;
    this.#tokenFrom = tokenFrom;
    this.state = new CloudNodes(options);
    this.capabilities = {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: false,
      nodeNameFrom: "instance-id",
      keyDelivery: "join",
      knownTo: "nobody",
      ...this.state.watching,
    };
    this.#ends = new KnownEnds(options.listLagMs);
    this.#recent = recentByKind(RECENT_KINDS, options.listLagMs);
    this.#recentMachines = new RecentCreations(options.listLagMs);
  }

  hasMade(): boolean {
    return this.#hasMade;
  }

  /** Nobody could read from here what its console says meanwhile, and a droplet that is off is noticed. */
  nodeExtras(role: MachineRole, question?: NodeQuestion): NodeExtras {
    return { ...this.state.extras(role, question), lingers: false, addressFrom: PRIVATE_ADDRESS };
  }

  /** Droplets are listed for the whole account, whichever region they are in. A token says nothing of whose it is. */
  async place({ account }: PlaceQuestion, signal: AbortSignal): Promise<ClusterPlace> {
    const { endpoint, region } = this.#options;
    if (account) this.#account ??= await accountId(await this.#api.get(), signal);
    return { searched: { endpoint }, machines: { region }, account: this.#account };
  }

  async plan(cluster: ClusterIdentity, request: PlanRequest, signal: AbortSignal): Promise<ProviderPlan> {
    const { look, groups } = request;
    const options = this.#options;
    const looked = look ? await lookAround(await this.#api.get(), { options, groups }, signal) : undefined;
    return planDigitalOcean({ cluster, request, options, looked });
  }

  async prepare(identity: ClusterIdentity, { tags, groups }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const { createFirewall } = this.#options;
    const workers = groups.reduce((sum, { quorum }) => sum + quorum, 0);
    const network = networkOf(api, this.#options, signal);
    const [{ cidrs, clients }, , account] = await Promise.all([
      ingressFor({ options: this.#options, network, makesFirewall: createFirewall }, signal),
      this.#discover(api, kindsOf(this.#options, groups), signal),
      assertRoom(api, 1 + workers, signal),
    ]);
    this.#account = account;
    this.state.learn({ addressing: { members: 4, clients } });
    if (!createFirewall) return {};
    this.#hasMade = true;
    // One that makes something stands for one id.
    const [id] = identity.ids;
    await ensureFirewalls(api, { cluster: { name: identity.name, id }, tags, cidrs }, this.#recent, signal);
    return {};
  }

  async create(identity: ClusterIdentity, request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const kind = kindOf(this.#options, request);
    const { options } = kind;
    if (!this.#found.has(kindKey(kind))) await this.#discover(api, [kind], signal);
    const found = foundFor(this.#found, kind);
    this.#hasMade = true;
    // They come into being with the droplets.
    this.#recent.tags.add(tagsFor(request.tags).filter(isClusters));
    const created = await launch({ api, identity, request, options, found }, signal);
    this.#recentMachines.add(created.machines.map(({ id }) => id));
    const [scheduler] = created.machines;
    if (request.role === "worker" || scheduler === undefined) return created;
    const { publicIp, pollIntervalMs } = options;
    const { clients } = this.state.addressing;
    return {
      machines: [await dropletWithAddresses(api, scheduler, { isPublic: publicIp, clients, pollIntervalMs }, signal)],
    };
  }

  async list(identity: ClusterIdentity, signal: AbortSignal): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const listed = await listDroplets(api, identity, signal);
    this.#listed = new Set(listed.map(({ id }) => String(id)));
    const unlisted = await this.#deletedUnlisted.remaining(api, listed, signal);
    const { clients } = this.state.addressing;
    return [...listed, ...unlisted].map((droplet) => this.#ends.seen(machineOf(droplet, clients)));
  }

  async destroy(identity: ClusterIdentity, machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    const doomed = new Set(ids);
    const isAll = [...this.#listed, ...this.#recentMachines.ids].every((id) => doomed.has(id));
    const tag = isAll ? tagOfAll(identity) : undefined;
    const listed = ids.filter((id) => this.#listed.has(id));
    const unlisted = ids.filter((id) => !this.#listed.has(id));
    this.#deletedUnlisted.add(unlisted);
    await terminate(await this.#api.get(), { listed, unlisted, tag, ends: this.#ends }, signal);
    for (const id of ids) this.#recentMachines.forget(id);
  }

  async release(identity: ClusterIdentity, signal: AbortSignal): Promise<void> {
    await release(await this.#api.get(), { identity, recent: this.#recent }, signal);
  }

  async find(clusterName: string | undefined, signal: AbortSignal): Promise<readonly TaggedResource[]> {
    return await findTaggedThings(await this.#api.get(), clusterName, signal);
  }

  ownThings(): readonly Resource[] {
    const { members, clients, tags } = this.#recent;
    return [
      ...[...members.all, ...clients.all].map((id) => ({ kind: "firewall", id })),
      ...tags.all.map((id) => ({ kind: "tag", id })),
    ];
  }

  async console(machine: Machine): Promise<string> {
    return whereToLook(machine);
  }

  async checks(): Promise<readonly Check[]> {
    const { dropletChecks } = await import("./checkup/checks.ts");
    return dropletChecks(() => this.#api.get(), { options: this.#options, tokenFrom: this.#tokenFrom });
  }

  async disconnect(): Promise<void> {
    this.#api.close();
  }

  /** Another process may have prepared the cluster: then only one kind is looked up. */
  async #discover(api: DropletApi, kinds: readonly Kind[], signal: AbortSignal): Promise<void> {
    const discovery = await discover(api, { options: this.#options, kinds }, signal);
    for (const kind of kinds) {
      const found = foundFor(discovery, kind);
      this.#found.set(kindKey(kind), found);
      const group = kind.group?.name ?? DEFAULT_GROUP;
      this.state.learn({
        gpu: kind.role === "scheduler" ? { scheduler: found.gpu } : { groups: { [group]: found.gpu } },
      });
    }
  }
}
