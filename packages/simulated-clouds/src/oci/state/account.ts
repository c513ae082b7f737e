import type { AddressSpace } from "../../core/address-space.ts";
import type { SimClock } from "../../core/clock.ts";
import type { SimFleet } from "../../core/fleet.ts";
import { Subnet as Range } from "../../core/subnet.ts";
import { type ImageEntry, platformImages } from "../catalog/images.ts";
import { availabilityDomains, regionNamed } from "../catalog/regions.ts";
import { TENANCY } from "../credentials.ts";
import { fixedOcid } from "../ocid.ts";
import type { CapacityRule, SimulatedOciOptions, YoungTerminations } from "../options.ts";
import type { BootVolume } from "./boot-volume.ts";
import type { ConsoleHistory } from "./console-history.ts";
import type { InstanceConfiguration, InstancePool } from "./instance-pool.ts";
import type { Instance } from "./instance.ts";
import type { InternetGateway, RouteTable, SecurityList, Subnet, Vcn } from "./networks.ts";
import type { Resource } from "./resource.ts";
import { RetryTokens } from "./retry-tokens.ts";
import type { SecurityGroup } from "./security-groups.ts";
import { Shelf } from "./shelf.ts";
import type { Vnic } from "./vnic.ts";
import { WorkRequests } from "./work-requests.ts";

/** The compartment that clusters are made in. The tenancy is one, too. */
export const COMPARTMENT = fixedOcid("compartment", "", "dask");

/** What the simulation around an account is made of. */
interface Surroundings {
  readonly clock: SimClock;
  readonly addresses: AddressSpace;
  readonly fleet: SimFleet;
}

/** Everything that a cloud knows between two calls. A test may change what is not readonly. */
export class Account {
  readonly options: SimulatedOciOptions;
  readonly surroundings: Surroundings;
  readonly region: ReturnType<typeof regionNamed>;
  readonly availabilityDomains: readonly string[];
  readonly compartments: readonly string[] = [TENANCY, COMPARTMENT];
  images: readonly ImageEntry[];
  capacity: readonly CapacityRule[];
  limits: Readonly<Record<string, number>>;
  quotas: Readonly<Record<string, number>>;
  tagNamespaces: Readonly<Record<string, readonly string[]>>;
  /** Operations that no policy allows. */
  forbidden: ReadonlySet<string>;
  youngTerminations: YoungTerminations;
  readonly retryTokens: RetryTokens;
  readonly workRequests: WorkRequests;
  readonly vcns: Shelf<Vcn>;
  readonly subnets: Shelf<Subnet>;
  readonly gateways: Shelf<InternetGateway>;
  readonly routeTables: Shelf<RouteTable>;
  readonly securityLists: Shelf<SecurityList>;
  readonly groups: Shelf<SecurityGroup>;
  readonly instances: Shelf<Instance>;
  readonly bootVolumes: Shelf<BootVolume>;
  readonly consoles: Shelf<ConsoleHistory>;
  readonly configurations: Shelf<InstanceConfiguration>;
  readonly pools: Shelf<InstancePool>;
  readonly publicRange: Range;
  /** How many subnets have got their real addresses from elsewhere than their declared range. */
  hiddenRanges = 0;

  constructor(options: SimulatedOciOptions, surroundings: Surroundings) {
    const { clock, addresses } = surroundings;
    const lags = { listMs: options.listLagMs ?? 2000, getMs: options.getLagMs ?? 0 };
    const shelf = <Item extends Resource>(): Shelf<Item> => new Shelf<Item>(clock, lags);
    this.options = options;
    this.surroundings = surroundings;
    this.region = regionNamed(options.region ?? "us-ashburn-1");
    this.availabilityDomains = availabilityDomains(this.region);
    this.images = platformImages(this.region.key);
    this.capacity = options.capacity ?? [];
    this.limits = options.limits ?? {};
    this.quotas = options.quotas ?? {};
    this.tagNamespaces = options.tagNamespaces ?? { Operations: ["CostCenter", "Project"] };
    this.forbidden = new Set(options.forbidden);
    this.youngTerminations = options.youngTerminations ?? "done";
    this.retryTokens = new RetryTokens(clock);
    this.workRequests = new WorkRequests(this.region.key);
    this.publicRange = new Range(addresses.publicCidr);
    this.vcns = shelf();
    this.subnets = shelf();
    this.gateways = shelf();
    this.routeTables = shelf();
    this.securityLists = shelf();
    this.groups = shelf();
    this.instances = shelf();
    this.bootVolumes = shelf();
    this.consoles = shelf();
    this.configurations = shelf();
    this.pools = shelf();
  }

  get clock(): SimClock {
    return this.surroundings.clock;
  }

  /** Those of instances that are not terminated. */
  get vnics(): readonly Vnic[] {
    return this.instances.all.filter(({ terminatedAt }) => terminatedAt === undefined).map(({ vnic }) => vnic);
  }

  /** VNICs that still hold their security groups and their subnet: a moment longer than their instance is there. */
  get heldVnics(): readonly Vnic[] {
    const { groupReleaseMs = 1000 } = this.options;
    const since = this.clock.now() - groupReleaseMs;
    return this.instances.all
      .filter(({ terminatedAt }) => terminatedAt === undefined || terminatedAt > since)
      .map(({ vnic }) => vnic);
  }

  /** Whether an id is that of the tenancy or of a compartment in it. */
  knows(compartmentId: string): boolean {
    return this.compartments.includes(compartmentId);
  }
}
