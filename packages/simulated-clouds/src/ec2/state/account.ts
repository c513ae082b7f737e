import type { AddressSpace } from "../../core/address-space.ts";
import type { SimClock } from "../../core/clock.ts";
import type { SimFleet } from "../../core/fleet.ts";
import { Subnet } from "../../core/subnet.ts";
import { type Ec2Image, imageCatalogue } from "../catalogue/images.ts";
import { type Zone, zonesOf } from "../catalogue/zones.ts";
import type { SimulatedEc2Options } from "../options.ts";
import { newId } from "./ids.ts";
import type { Ec2Instance, EndReason } from "./instance.ts";
import type { NetworkInterface } from "./network-interface.ts";
import { Ec2Subnet, type SubnetStack, type Vpc } from "./network.ts";
import {
  GROUP_WORDING,
  IMAGE_WORDING,
  INSTANCE_WORDING,
  INTERFACE_WORDING,
  Registry,
  SPOT_REQUEST_WORDING,
  SUBNET_WORDING,
  VOLUME_WORDING,
  VPC_WORDING,
} from "./registry.ts";
import { Room } from "./room.ts";
import { SecurityGroup } from "./security-group.ts";
import type { SpotRequest } from "./spot-request.ts";
import type { Volume } from "./volume.ts";

/** The account that all of it belongs to. */
export const ACCOUNT_ID = "123456789012";

export interface AccountSetting {
  readonly region: string;
  readonly clock: SimClock;
  readonly fleet: SimFleet;
  readonly addresses: AddressSpace;
  readonly options: SimulatedEc2Options;
  /** What a program on an instance finds at fixed addresses. */
  readonly around: (instance: string) => Readonly<Record<string, string>>;
}

/** What RunInstances did for a client token. */
export interface Launched {
  /** The same for the same parameters. */
  readonly fingerprint: string;
  readonly instanceIds: readonly string[];
}

export interface NewVpc {
  readonly isDefault?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly subnets: readonly {
    readonly zone: string;
    readonly publicByDefault?: boolean | undefined;
    /** @default "ipv4" */
    readonly stack?: SubnetStack | undefined;
    readonly tags?: Readonly<Record<string, string>> | undefined;
  }[];
}

const DEFAULT_LIST_LAG_MS = 2000;
const DEFAULT_TERMINATED_SHOWN_MS = 3_600_000;
/** Subnets of the default VPC are so large; it has at most six. Another VPC is as large as one of them. */
const SUBNET_BITS = 20;
const SMALL_SUBNET_BITS = 22;
const FIRST_OTHER_VPC = 6;
const LAST_OTHER_VPC = 14;

/** All resources of the account, in its one region. */
export class Account {
  readonly setting: AccountSetting;
  readonly zones: readonly Zone[];
  readonly vpcs: Registry<Vpc>;
  readonly subnets: Registry<Ec2Subnet>;
  readonly groups: Registry<SecurityGroup>;
  readonly images: Registry<Ec2Image>;
  readonly instances: Registry<Ec2Instance>;
  readonly volumes: Registry<Volume>;
  readonly interfaces: Registry<NetworkInterface>;
  readonly spotRequests: Registry<SpotRequest>;
  readonly publicAddresses: Subnet;
  readonly keyPairs: Set<string>;
  /** By name: since when EC2 knows them. */
  readonly instanceProfiles: Map<string, number>;
  readonly room: Room;
  /** Whether there is the role that spot machines need. */
  spotRole: boolean;
  /** Why EC2 ends what is launched now, before it runs. */
  launchFailure: EndReason | undefined;
  /** By client token and zone. */
  readonly launched = new Map<string, Launched>();
  /** What the next pages will show, by their tokens. */
  readonly pages = new Map<string, { readonly query: string; readonly ids: readonly string[] }>();
  #otherVpcs = 0;

  constructor(setting: AccountSetting) {
    const { clock, region, addresses, options } = setting;
    this.setting = setting;
    this.zones = zonesOf(region);
    this.vpcs = new Registry(VPC_WORDING, clock);
    this.subnets = new Registry(SUBNET_WORDING, clock);
    this.groups = new Registry(GROUP_WORDING, clock);
    this.images = new Registry(IMAGE_WORDING, clock);
    this.instances = new Registry(INSTANCE_WORDING, clock);
    this.volumes = new Registry(VOLUME_WORDING, clock);
    this.interfaces = new Registry(INTERFACE_WORDING, clock);
    this.spotRequests = new Registry(SPOT_REQUEST_WORDING, clock);
    this.publicAddresses = new Subnet(addresses.publicCidr);
    this.keyPairs = new Set(options.keyPairs ?? ["my-key"]);
    this.instanceProfiles = new Map((options.instanceProfiles ?? ["dask-profile"]).map((name) => [name, 0]));
    this.spotRole = options.spotRole ?? true;
    this.room = new Room(options.capacity ?? [], options.quotas ?? {}, () => this.instances.all);
    for (const image of imageCatalogue(clock.now())) this.images.add(image);
    if (options.defaultVpc ?? true) {
      this.addVpc({ isDefault: true, subnets: this.zones.map(({ name }) => ({ zone: name, publicByDefault: true })) });
    }
  }

  get now(): number {
    return this.setting.clock.now();
  }

  /** When what is made now will be found. */
  get visibleSoon(): number {
    return this.now + (this.setting.options.listLagMs ?? DEFAULT_LIST_LAG_MS);
  }

  /** Whether calls that change something find what is new no earlier than lists. */
  get lagging(): boolean {
    return this.setting.options.lagEverywhere ?? true;
  }

  get defaultVpc(): Vpc | undefined {
    return this.vpcs.all.find(({ isDefault }) => isDefault);
  }

  groupNamed(vpcId: string, name: string): SecurityGroup | undefined {
    return this.groups.all.find((group) => group.vpcId === vpcId && group.name === name);
  }

  /** Makes a VPC with its default security group. */
  addVpc({ isDefault = false, tags = {}, subnets }: NewVpc): { vpcId: string; subnetIds: string[] } {
    const { addresses } = this.setting;
    const place = FIRST_OTHER_VPC + this.#otherVpcs;
    if (!isDefault && place > LAST_OTHER_VPC) throw new Error("There are no addresses for another VPC");
    if (!isDefault) this.#otherVpcs += 1;
    const cidr = isDefault ? addresses.privateCidr : addresses.subnetCidr(place, SUBNET_BITS);
    const vpc: Vpc = {
      id: newId("vpc"),
      cidr,
      ipv6Cidr: subnets.some(({ stack = "ipv4" }) => stack !== "ipv4") ? addresses.ipv6Cidr : undefined,
      isDefault,
      tags: new Map(Object.entries(tags)),
      visibleFrom: 0,
    };
    this.vpcs.add(vpc);
    this.#addDefaultGroup(vpc);
    const perVpc = 2 ** (SMALL_SUBNET_BITS - SUBNET_BITS);
    const subnetIds = subnets.map((wanted, index) => {
      const zone = this.zones.find(({ name }) => name === wanted.zone);
      if (zone === undefined) throw new Error(`${this.setting.region} has no zone ${wanted.zone}`);
      const subnet = new Ec2Subnet({
        id: newId("subnet"),
        vpc,
        zone,
        cidr: isDefault
          ? addresses.subnetCidr(index, SUBNET_BITS)
          : addresses.subnetCidr(place * perVpc + index, SMALL_SUBNET_BITS),
        isDefault,
        publicByDefault: wanted.publicByDefault ?? false,
        stack: wanted.stack ?? "ipv4",
        tags: wanted.tags ?? {},
      });
      this.subnets.add(subnet);
      return subnet.id;
    });
    return { vpcId: vpc.id, subnetIds };
  }

  /** Forgets instances that were terminated long ago. */
  forgetOld(): void {
    const shownMs = this.setting.options.terminatedShownMs ?? DEFAULT_TERMINATED_SHOWN_MS;
    for (const { id, machine } of this.instances.all) {
      if (machine.goneAt !== undefined && machine.goneAt + shownMs < this.now) this.instances.delete(id);
    }
  }

  #addDefaultGroup(vpc: Vpc): void {
    const id = newId("sg");
    const group = new SecurityGroup({
      id,
      name: "default",
      description: "default VPC security group",
      vpcId: vpc.id,
      tags: new Map(),
      visibleFrom: 0,
    });
    const common = { groupId: id, description: undefined, protocol: "-1", fromPort: -1, toPort: -1, visibleFrom: 0 };
    group.rules = [
      { ...common, id: newId("sgr"), tags: new Map(), direction: "ingress", peer: { kind: "group", groupId: id } },
      { ...common, id: newId("sgr"), tags: new Map(), direction: "egress", peer: { kind: "ipv4", cidr: "0.0.0.0/0" } },
    ];
    this.groups.add(group);
  }
}
