import type { SimClock } from "../../core/clock.ts";
import type { CapacityRule, PolicyOptions, QuotaMetric, SimulatedGcpOptions } from "../options.ts";
import { defaultFirewalls, type Firewall } from "./firewalls.ts";
import { Images } from "./images.ts";
import { makeNetworks, type Network } from "./networks.ts";
import { Operations } from "./operations.ts";
import { Permissions } from "./permissions.ts";
import { Refusals } from "./refusals.ts";
import { RequestIds } from "./request-ids.ts";
import { type VmsSetting, Vms } from "./vms.ts";

export const DEFAULT_PROJECT = "dask-project";

/** Everything that a cloud knows between two calls. A test may change what is not readonly. */
export class Account {
  readonly options: SimulatedGcpOptions;
  readonly clock: SimClock;
  readonly project: string;
  readonly operations: Operations;
  readonly requestIds = new RequestIds();
  readonly permissions = new Permissions();
  readonly images: Images;
  readonly networks: readonly Network[];
  readonly firewalls = new Map<string, Firewall>();
  readonly vms: Vms;
  capacity: readonly CapacityRule[];
  quota: Readonly<Partial<Record<QuotaMetric, number>>>;
  apiEnabled: boolean;
  policies: PolicyOptions;
  /** What goes wrong with the next calls. */
  readonly refusals = new Refusals();

  constructor(options: SimulatedGcpOptions, setting: Omit<VmsSetting, "pendingMs" | "firewalls">) {
    const { clock, addresses } = setting;
    const { project = DEFAULT_PROJECT, pendingMs = 8000 } = options;
    const now = clock.now();
    this.options = options;
    this.clock = clock;
    this.project = project;
    this.operations = new Operations(clock);
    this.images = new Images(project, options.images ?? []);
    this.networks = makeNetworks(project, options.networks ?? [], addresses, now);
    const { privateCidr } = addresses;
    this.vms = new Vms({ ...setting, pendingMs, firewalls: () => [...this.firewalls.values()] });
    const [defaultNetwork] = this.networks;
    if (defaultNetwork !== undefined) {
      for (const rule of defaultFirewalls(defaultNetwork, privateCidr, now)) this.firewalls.set(rule.path, rule);
    }
    this.capacity = options.capacity ?? [];
    this.quota = options.quota ?? {};
    this.apiEnabled = options.apiEnabled ?? true;
    this.policies = options.policies ?? {};
  }

  /** How long operations take that make or change something, in simulated milliseconds. */
  get operationMs(): number {
    return this.options.pendingMs ?? 8000;
  }

  get listLagMs(): number {
    return this.options.listLagMs ?? 2000;
  }

  /** Whether something that was made then shows in lists already. */
  listed(createdAt: number): boolean {
    return this.clock.now() >= createdAt + this.listLagMs;
  }

  /** Whether requests may name that project. */
  knows(project: string): boolean {
    return this.owns(project) || this.images.projects.has(project);
  }

  /** Whether the project is the caller's own, or one that lends it a network. */
  owns(project: string): boolean {
    return project === this.project || this.networks.some((network) => network.project === project);
  }
}
