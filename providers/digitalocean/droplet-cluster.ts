import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { KnownEnds } from "../../src/cloud/machines/known-ends.ts";
import { RecentCreations, recentByKind } from "../../src/cloud/machines/recent-creations.ts";
import { type Surroundings, VmCluster } from "../../src/cloud/vm-cluster.ts";
import type { NodeExtras } from "../../src/cluster/cluster-spec.ts";
import type { PlaceQuestion, Prepared, PrepareRequest } from "../../src/provider/cloud-provider.ts";
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
import { DropletApi } from "./api/client.ts";
import { accountId, assertRoom, type Discovery, discover } from "./machines/discovery.ts";
import { launch } from "./machines/launch.ts";
import { listDroplets, machineOf, tagOfAll, whereToLook } from "./machines/machines.ts";
import { DeletedUnlisted, terminate } from "./machines/terminate.ts";
import { dropletWithAddresses } from "./network/addresses.ts";
import { ensureFirewalls, RECENT_KINDS, type RecentNetwork } from "./network/firewall.ts";
import { rangesOf, reachOf } from "./network/network.ts";
import { release } from "./network/release.ts";
import type { DropletClusterOptions } from "./options/options.ts";
import { type ResolvedDropletOptions, resolveDropletOptions } from "./options/resolved-options.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";
import { isClusters, tagsFor } from "./tags/tags.ts";

/** DigitalOcean takes 64 KiB. */
const USER_DATA_LIMIT_BYTES = 65_536;

/**
 * A Dask cluster on DigitalOcean's droplets.
 *
 * ```ts
 * await using cluster = await new DropletCluster({ region: "fra1", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs an API token, such as in DIGITALOCEAN_TOKEN, and no other package.
 */
export class DropletCluster extends VmCluster {
  static readonly provider = "digitalocean";

  readonly #options: ResolvedDropletOptions;
  readonly #token: string | undefined;
  readonly #ends: KnownEnds;
  readonly #recent: RecentNetwork;
  readonly #recentMachines: RecentCreations;
  readonly #api = new LazyApi(() => {
    const { endpoint, apiRetries } = this.#options;
    return DropletApi.open({ token: this.#token, endpoint, apiRetries });
  });
  #found: Discovery | undefined;
  #listed: ReadonlySet<string> = new Set();
  readonly #deletedUnlisted = new DeletedUnlisted();
  #account: string | undefined;

  constructor(options: DropletClusterOptions = {}) {
    const resolved = resolveDropletOptions(DropletCluster.provider, options);
    super(resolved.options);
    this.#options = resolved.options;
    this.#token = resolved.token;
    this.#ends = new KnownEnds(resolved.options.listLagMs);
    this.#recent = recentByKind(RECENT_KINDS, resolved.options.listLagMs);
    this.#recentMachines = new RecentCreations(resolved.options.listLagMs);
  }

  protected override get providerName(): string {
    return DropletCluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: false,
      nodeNameFrom: "instance-id",
      ...this.watching,
    };
  }

  /** Nobody could read from here what its console says meanwhile, and a droplet that is off is noticed. */
  protected override nodeExtras(role: MachineRole): NodeExtras {
    return { ...super.nodeExtras(role), lingers: false };
  }

  /** Droplets are listed for the whole account, whichever region they are in. A token says nothing of whose it is. */
  protected override async place({ account }: PlaceQuestion, signal: AbortSignal): Promise<ClusterPlace> {
    const { endpoint, region } = this.#options;
    if (account) this.#account ??= await accountId(await this.#api.get(), signal);
    return { searched: { endpoint }, machines: { region }, account: this.#account };
  }

  protected override async prepare({ tags }: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const api = await this.#api.get();
    const { createFirewall, nWorkers, minWorkers = nWorkers } = this.#options;
    const network = async (): Promise<Surroundings> => ({
      reach: reachOf(this.#options),
      ranges: async () => await rangesOf(api, this.#options, signal),
    });
    const [{ cidrs, clients }, , account] = await Promise.all([
      this.ingress(network, { makesFirewall: createFirewall }, signal),
      this.#lookUp(api, signal),
      assertRoom(api, 1 + minWorkers, signal),
    ]);
    this.#account = account;
    this.remembered = { ...this.remembered, addressing: { members: 4, clients } };
    if (!createFirewall) return {};
    this.hasMade = true;
    await ensureFirewalls(api, { cluster: { name: this.name, id: this.id }, tags, cidrs }, this.#recent, signal);
    return {};
  }

  protected override async create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const found = this.#found ?? (await this.#lookUp(api, signal));
    const options = this.#options;
    this.hasMade = true;
    // They come into being with the droplets.
    this.#recent.tags.add(tagsFor(request.tags).filter(isClusters));
    const created = await launch({ api, identity: this.identity, request, options, discovery: found }, signal);
    this.#recentMachines.add(created.machines.map(({ id }) => id));
    const [scheduler] = created.machines;
    if (request.role === "worker" || scheduler === undefined) return created;
    const { publicIp, pollIntervalMs } = options;
    const { clients } = this.remembered.addressing;
    return {
      machines: [await dropletWithAddresses(api, scheduler, { isPublic: publicIp, clients, pollIntervalMs }, signal)],
    };
  }

  protected override async list(signal: AbortSignal): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const listed = await listDroplets(api, this.identity, signal);
    this.#listed = new Set(listed.map(({ id }) => String(id)));
    const unlisted = await this.#deletedUnlisted.remaining(api, listed, signal);
    const { clients } = this.remembered.addressing;
    return [...listed, ...unlisted].map((droplet) => this.#ends.seen(machineOf(droplet, clients)));
  }

  protected override async destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    const doomed = new Set(ids);
    const isAll = [...this.#listed, ...this.#recentMachines.ids].every((id) => doomed.has(id));
    const tag = isAll ? tagOfAll(this.identity) : undefined;
    const listed = ids.filter((id) => this.#listed.has(id));
    const unlisted = ids.filter((id) => !this.#listed.has(id));
    this.#deletedUnlisted.add(unlisted);
    await terminate(await this.#api.get(), { listed, unlisted, tag, ends: this.#ends }, signal);
    for (const id of ids) this.#recentMachines.forget(id);
  }

  protected override async release(signal: AbortSignal): Promise<void> {
    await release(await this.#api.get(), { identity: this.identity, recent: this.#recent }, signal);
  }

  protected override async find(
    clusterName: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly TaggedResource[]> {
    return await findTaggedThings(await this.#api.get(), clusterName, signal);
  }

  protected override get ownThings(): readonly Resource[] {
    const { members, clients, tags } = this.#recent;
    return [
      ...[...members.all, ...clients.all].map((id) => ({ kind: "firewall", id })),
      ...tags.all.map((id) => ({ kind: "tag", id })),
    ];
  }

  protected override async console(machine: Machine): Promise<string> {
    return whereToLook(machine);
  }

  protected override async disconnect(): Promise<void> {
    this.#api.close();
  }

  async #lookUp(api: DropletApi, signal: AbortSignal): Promise<Discovery> {
    const found = await discover(api, this.#options, signal);
    this.#found = found;
    this.remembered = { ...this.remembered, gpuRoles: MACHINE_ROLES.filter((role) => found.gpu[role]) };
    return found;
  }
}
