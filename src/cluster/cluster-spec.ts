import { randomBytes } from "node:crypto";

import { joinFiles } from "../bootstrap/node-programs.ts";
import type { NodePorts, NodeSpec, NodeExtras } from "../bootstrap/node-spec.ts";
import type { UserData } from "../bootstrap/user-data.ts";
import { formatAddress } from "../dask/address.ts";
import { type ClusterEnds, endsOf } from "../ends.ts";
import { DaskFleetError } from "../errors.ts";
import type { NodeQuestion, PrepareRequest } from "../provider/cloud-provider.ts";
import type { ResolvedClusterOptions } from "../provider/cluster-options.ts";
import type { ClusterId } from "../provider/identity.ts";
import type { Capabilities, MachineRequest } from "../provider/machine.ts";
import type { MachineRole } from "../provider/role.ts";
import { clusterTags } from "../provider/tags.ts";
import {
  DEFAULT_GROUP,
  type GroupedOptions,
  type WorkerGroup,
  groupNamed,
  optionsFor,
} from "../provider/worker-group.ts";
import { isJoin, type NodeTls } from "../security/node-tls.ts";
import { Security } from "../security/security.ts";
import { RENEWAL } from "../security/tls-material.ts";
import { assertCanGrow } from "./join/authority-in-record.ts";
import { JoinTokens } from "./join/tokens.ts";
import { KnownUserData } from "./known-user-data.ts";
import type { ClusterRecord } from "./record.ts";
import { nodeSecretsOf } from "./secrets/node-secrets.ts";

export interface ClusterSpecInput {
  readonly clusterName: string;
  readonly clusterId: ClusterId;
  readonly providerName: string;
  readonly options: GroupedOptions;
  /** The groups of workers; one at least. */
  readonly groups: readonly WorkerGroup[];
  readonly security: Security | undefined;
  /** For machines that join. Default: none has any. */
  readonly tokens?: JoinTokens | undefined;
  readonly ports: NodePorts;
  readonly expiresAt: Date | undefined;
  readonly capabilities: Capabilities;
  readonly extras: (role: MachineRole, question: NodeQuestion) => NodeExtras;
}

/** The group of a worker, and the most worker machines of the cluster. */
export interface WorkersAsked {
  /** @default "default", or the first group if none has that name */
  readonly group?: string | undefined;
  /** @default the size at the start */
  readonly workers?: number | undefined;
}

/** The longest possible address, to measure user data before the scheduler has one. */
export const LONGEST_HOST = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

/** Everything decided about a cluster before its first machine. User data follows from it. */
export class ClusterSpec {
  readonly #input: ClusterSpecInput;
  readonly #userData: KnownUserData;
  /** What machines prove themselves with that ask for certificates. */
  readonly tokens: JoinTokens;
  /** Makes the requests of two processes for one cluster distinct. */
  readonly #handle = randomBytes(4).toString("hex");
  #requests = 0;

  constructor(input: ClusterSpecInput) {
    this.#input = input;
    const { capabilities, providerName, options } = input;
    this.tokens = input.tokens ?? new JoinTokens({ lifeMs: options.startTimeoutMs });
    this.#userData = new KnownUserData({
      limitBytes: capabilities.userDataLimitBytes,
      gzip: capabilities.userDataGzip,
      where: providerName,
    });
  }

  get clusterName(): string {
    return this.#input.clusterName;
  }

  /** In the tags of all resources; undefined for a cluster of an older version. */
  get clusterId(): ClusterId {
    return this.#input.clusterId;
  }

  get options(): GroupedOptions {
    return this.#input.options;
  }

  get groups(): readonly WorkerGroup[] {
    return this.#input.groups;
  }

  /** @throws DaskFleetError `CONFIG_INVALID` for an unknown group */
  group(name: string): WorkerGroup {
    return groupNamed(name, this.groups);
  }

  get security(): Security | undefined {
    return this.#input.security;
  }

  /** When the machines expire. */
  get expiresAt(): Date | undefined {
    return this.#input.expiresAt;
  }

  /** What ends it by itself. */
  get ends(): ClusterEnds {
    return endsOf(this.options, this.expiresAt);
  }

  get ports(): NodePorts {
    return this.#input.ports;
  }

  get capabilities(): Capabilities {
    return this.#input.capabilities;
  }

  /**
   * Workers (processes) on each machine of a group, or on the scheduler's own: `dask worker` starts `nworkers` of them. Undefined when the
   * machine decides (`auto`, a negative number), or another program does, such as `dask cuda worker`.
   */
  processesOf(group: WorkerGroup | undefined): number | undefined {
    const { workerOptions, workerModule } = optionsFor(this.options, group);
    const { nworkers = 1 } = workerOptions;
    const isOwn = workerModule === undefined || workerModule === "distributed.cli.dask_worker";
    return isOwn && typeof nworkers === "number" && nworkers > 0 ? nworkers : undefined;
  }

  withPorts(ports: NodePorts): ClusterSpec {
    return new ClusterSpec({ ...this.#input, tokens: this.tokens, ports });
  }

  /** The scheduler's address in Dask's form. */
  addressAt(host: string): string {
    return formatAddress({ scheme: this.security === undefined ? "tcp" : "tls", host, port: this.ports.scheduler });
  }

  /**
   * The user data of a machine as it would be, for its size and for previews: no machine can join with it. It does not name the group: a worker has its machine's name, and the machine's tags name the group.
   * Dask's `resources` of a group come from its `workerOptions`.
   *
   * @throws DaskFleetError `USER_DATA_TOO_LARGE`, or `CONFIG_INVALID` for an impossible option
   */
  userData(role: MachineRole, schedulerHost: string, asked: WorkersAsked = {}): UserData {
    return this.#userDataWith(() => this.tokens.sample, role, schedulerHost, asked);
  }

  #userDataWith(
    token: (role: MachineRole, group?: string) => string,
    role: MachineRole,
    schedulerHost: string,
    { group: name, workers = this.#startSize }: WorkersAsked,
  ): UserData {
    const { security, capabilities, ports, extras, clusterName, expiresAt } = this.#input;
    const group = role === "worker" ? this.#groupAsked(name) : undefined;
    const options = optionsFor(this.options, group);
    const { identity } = capabilities;
    const tls = (of: MachineRole): NodeTls | undefined =>
      security?.nodeTls(of, () => ({ token: token(of, group?.name), identity }));
    const node: NodeSpec = {
      clusterName,
      role,
      security: tls(role),
      daskSettings: security?.daskSettings(),
      beside: role === "scheduler" && options.singleNode ? { security: tls("worker") } : undefined,
      schedulerAddress: role === "worker" ? this.addressAt(schedulerHost) : undefined,
      ports,
      nameFrom: capabilities.nodeNameFrom,
      ...nodeSecretsOf(options),
      schedulerOptions: options.schedulerOptions,
      workerOptions: options.workerOptions,
      workerModule: options.workerModule,
      workerClass: options.workerClass,
      idleTimeoutMs: this.ends.idleMs,
      expiresAt,
      lifetimeMs: options.maxLifetimeMs,
      startTimeoutMs: options.startTimeoutMs,
      ...extras(role, { workers, group }),
    };
    if (node.security !== undefined && isJoin(node.security)) this.tokens.bring(node.security.token, joinFiles(node));
    return this.#userData.of(node, group?.name);
  }

  get #startSize(): number {
    return this.groups.reduce((sum, { size }) => sum + size, 0);
  }

  #groupAsked(name: string | undefined): WorkerGroup {
    const [first] = this.groups;
    const usual = this.groups.find((each) => each.name === DEFAULT_GROUP) ?? first;
    return name === undefined && usual !== undefined ? usual : this.group(name ?? DEFAULT_GROUP);
  }

  /** @throws DaskFleetError `SECURITY_INVALID` when the certificates have expired: new connections would fail */
  assertInDate(): void {
    const notAfter = this.security?.knownNotAfter;
    if (notAfter === undefined || notAfter.getTime() > Date.now()) return;
    const message = `The certificates of ${this.clusterName} expired at ${notAfter.toISOString()}. ${RENEWAL}`;
    throw new DaskFleetError("SECURITY_INVALID", message);
  }

  /**
   * A request for machines of a role; each has an idempotency token of its own, and user data with which its machines can join.
   *
   * @throws DaskFleetError as {@link userData}, `SECURITY_INVALID` when the certificates have expired, `AUTHORITY_MISSING` where the
   * machines could never join
   */
  request(role: MachineRole, count: number, schedulerHost: string, asked: WorkersAsked = {}): MachineRequest {
    this.assertInDate();
    assertCanGrow(this);
    this.#requests += 1;
    const group = role === "worker" ? this.#groupAsked(asked.group) : undefined;
    const what = group === undefined ? role : `${role}-${group.name}`;
    return {
      role,
      group,
      count,
      userData: this.#userDataWith((...used) => this.tokens.use(...used), role, schedulerHost, asked).bytes,
      token: `${this.clusterName}-${this.clusterId ?? ""}-${what}-${this.#handle}-${this.#requests}`,
      tags: this.#tags(role, group?.name),
      expiresAt: this.#input.expiresAt,
    };
  }

  prepareRequest(): PrepareRequest {
    const { expiresAt, groups } = this.#input;
    return { tags: this.#tags(undefined), groups, expiresAt };
  }

  /** The spec's part of the cluster's record. */
  record(): Omit<ClusterRecord, "createdAt" | "launcher" | "place" | "providerState"> {
    const { providerName, expiresAt } = this.#input;
    // A handle takes the groups from the record, not from its options.
    const { groups: _groups, ...options } = this.options;
    return {
      version: 2,
      name: this.clusterName,
      id: this.clusterId,
      provider: providerName,
      options: { ...options, security: this.security !== undefined },
      groups: this.groups,
      security: this.security?.toRecord(),
      expiresAt: expiresAt?.toISOString(),
      ports: this.ports,
    };
  }

  #tags(role: MachineRole | undefined, group?: string): Record<string, string> {
    return clusterTags({ name: this.clusterName, id: this.clusterId }, role, this.#input.expiresAt, group);
  }
}

/**
 * The certificates of the `security` option, checked before any machine costs money.
 *
 * @param keyDelivery how machines come by temporary ones, unless the option says
 */
export function securityFor(
  { security, maxLifetimeMs }: ResolvedClusterOptions,
  { clusterName, expiresAt }: { readonly clusterName: string; readonly expiresAt: Date | undefined },
  { keyDelivery = "user-data" }: Pick<Capabilities, "keyDelivery">,
): Security | undefined {
  if (security === false) return undefined;
  if (security instanceof Security) {
    security.check({ validUntil: expiresAt });
    return security.forCluster(keyDelivery);
  }
  const asked = security === true ? {} : security;
  return Security.temporary({
    ...asked,
    clusterName,
    // Longer than the cluster's lifetime: machines expire by their own clocks.
    validForMs: maxLifetimeMs === undefined ? undefined : maxLifetimeMs + 3_600_000,
  }).forCluster(keyDelivery);
}
