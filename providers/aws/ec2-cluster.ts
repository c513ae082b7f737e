import { LazyApi } from "../../src/cloud/api/lazy-api.ts";
import { RecentCreations } from "../../src/cloud/machines/recent-creations.ts";
import { VmCluster } from "../../src/cloud/vm-cluster.ts";
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
import { Ec2Api } from "./api/client.ts";
import { candidatesFor } from "./machines/candidates.ts";
import {
  type DiscoveryInput,
  discoverPrepared,
  prepareDiscovery,
  type PreparedDiscovery,
} from "./machines/discovery.ts";
import { launch } from "./machines/launch.ts";
import { listInstances, machineOf, bootLogOf } from "./machines/machines.ts";
import { terminate } from "./machines/terminate.ts";
import { instanceWithAddresses } from "./network/addresses.ts";
import { release } from "./network/release.ts";
import type { EC2ClusterOptions } from "./options/options.ts";
import { type ResolvedEc2Options, resolveEc2Options } from "./options/resolved-options.ts";
import { findTaggedThings } from "./tags/find-tagged.ts";

/** EC2 counts user data before base64. */
const USER_DATA_LIMIT_BYTES = 16_384;

/**
 * A Dask cluster on Amazon EC2, in the account that AWS' own credentials chain finds.
 *
 * ```ts
 * await using cluster = await new EC2Cluster({ region: "us-east-1", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the package `@aws-sdk/client-ec2`.
 */
export class EC2Cluster extends VmCluster {
  static readonly provider = "ec2";

  readonly #options: ResolvedEc2Options;
  readonly #recentMachines: RecentCreations;
  readonly #recentGroups: RecentCreations;
  readonly #api = new LazyApi(() => {
    const { region, endpoint, apiRetries } = this.#options;
    return Ec2Api.open({ region, endpoint, apiRetries });
  });
  #site: PreparedDiscovery | undefined;
  #schedulerZone: string | undefined;

  constructor(options: EC2ClusterOptions = {}) {
    const resolved = resolveEc2Options(EC2Cluster.provider, options);
    super(resolved);
    this.#options = resolved;
    this.#recentMachines = new RecentCreations(resolved.listLagMs);
    this.#recentGroups = new RecentCreations(resolved.listLagMs);
  }

  protected override get providerName(): string {
    return EC2Cluster.provider;
  }

  protected override get capabilities(): Capabilities {
    return {
      userDataLimitBytes: USER_DATA_LIMIT_BYTES,
      userDataGzip: true,
      nodeNameFrom: "instance-id",
      ...this.watching,
    };
  }

  protected override async place(): Promise<ClusterPlace> {
    const { endpoint, availabilityZone } = this.#options;
    return { searched: { region: (await this.#api.get()).region, endpoint }, machines: { availabilityZone } };
  }

  protected override async prepare(request: PrepareRequest, signal: AbortSignal): Promise<Prepared> {
    const { addressing, dns64 } = await this.#settle((input) =>
      prepareDiscovery(
        input,
        {
          tags: request.tags,
          ingress: (network) => {
            const makesFirewall = this.#options.securityGroups.length === 0;
            return this.ingress(network, { makesFirewall }, signal);
          },
          recent: this.#recentGroups,
          onMaking: () => (this.hasMade = true),
        },
        signal,
      ),
    );
    return { warnings: this.warningsOf(addressing, { hasNat64: dns64 }) };
  }

  protected override async create(request: MachineRequest, signal: AbortSignal): Promise<CreatedMachines> {
    const api = await this.#api.get();
    const { addressing } = this.remembered;
    const site = this.#site ?? (await this.#settle((input) => discoverPrepared(input, addressing, signal)));
    const { clients } = site.addressing;
    const options = this.#options;
    this.hasMade = true;
    const created = await launch(
      {
        api,
        request,
        options,
        candidates: candidatesFor(request.role, site, { options, schedulerZone: this.#schedulerZone, clients }),
        securityGroups: site.securityGroups[request.role],
        clients,
        recentGroups: this.#recentGroups,
        onMade: (machines, { zone }) => {
          this.#recentMachines.add(machines.map(({ id }) => id));
          if (request.role === "scheduler") this.#schedulerZone = zone;
        },
      },
      signal,
    );
    // Workers are told the scheduler's address. RunInstances tells an IPv4 address always, and an IPv6 address as a rule.
    const [scheduler] = created.machines;
    if (request.role === "worker" || scheduler === undefined || scheduler.privateAddress !== undefined) return created;
    const { pollIntervalMs } = options;
    const found = await instanceWithAddresses(api, scheduler, { isPublic: false, clients, pollIntervalMs, signal });
    return { ...created, machines: [found] };
  }

  /** EC2 gives a machine its public address a moment after the machine. */
  protected override async locate(scheduler: Machine, signal: AbortSignal): Promise<Machine> {
    const { publicIp, pollIntervalMs } = this.#options;
    if (!publicIp || scheduler.publicAddress !== undefined) return scheduler;
    const { clients } = this.remembered.addressing;
    return await instanceWithAddresses(await this.#api.get(), scheduler, {
      isPublic: true,
      clients,
      pollIntervalMs,
      signal,
    });
  }

  protected override async list(signal: AbortSignal): Promise<readonly Machine[]> {
    const api = await this.#api.get();
    const instances = await listInstances(api, this.identity, signal);
    const { clients } = this.remembered.addressing;
    const listed = new Set(instances.map(({ InstanceId }) => InstanceId));
    // In a process that has not made it, for the workers to be near.
    const scheduler = instances.find((instance) => machineOf(instance).role === "scheduler");
    this.#schedulerZone ??= scheduler?.Placement?.AvailabilityZone;
    // A machine that EC2 could not start is terminated at once, and lists lack it as they lack one that is too new.
    const missing = new Set(this.#recentMachines.ids.filter((id) => !listed.has(id)));
    const terminated = missing.size === 0 ? [] : await listInstances(api, this.identity, signal, ["terminated"]);
    const ended = terminated.filter(({ InstanceId: id = "" }) => missing.has(id));
    return [
      ...instances.map((instance) => machineOf(instance, clients)),
      ...ended.map((instance): Machine => ({ ...machineOf(instance, clients), state: "stopped" })),
    ];
  }

  protected override async destroy(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    const ids = machines.map(({ id }) => id);
    await terminate(await this.#api.get(), ids, { recent: this.#recentMachines, signal });
  }

  protected override async release(signal: AbortSignal): Promise<void> {
    const api = await this.#api.get();
    await release({ api, identity: this.identity, recentGroups: this.#recentGroups }, signal);
  }

  protected override async find(
    clusterName: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly TaggedResource[]> {
    return await findTaggedThings(await this.#api.get(), clusterName, signal);
  }

  protected override get ownThings(): readonly Resource[] {
    return this.#recentGroups.all.map((id) => ({ kind: "security group", id }));
  }

  protected override async console({ id }: Machine, signal: AbortSignal): Promise<string> {
    return await bootLogOf(await this.#api.get(), id, signal);
  }

  protected override async disconnect(): Promise<void> {
    this.#api.close();
  }

  /** @param find what finds, or prepares, where the machines are to be */
  async #settle(find: (input: DiscoveryInput) => Promise<PreparedDiscovery>): Promise<PreparedDiscovery> {
    const api = await this.#api.get();
    const site = await find({ api, options: this.#options, identity: this.identity });
    const { addressing, gpu } = site;
    this.remembered = { gpuRoles: MACHINE_ROLES.filter((role) => gpu[role]), addressing };
    this.#site = site;
    return site;
  }
}
