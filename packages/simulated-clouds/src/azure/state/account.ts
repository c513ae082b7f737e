import type { AddressSpace } from "../../core/address-space.ts";
import type { SimClock } from "../../core/clock.ts";
import type { SimFleet } from "../../core/fleet.ts";
import { Subnet } from "../../core/subnet.ts";
import type { ManagedImage } from "../catalog/images.ts";
import type { CapacityRule, Quotas, SimulatedAzureOptions } from "../options.ts";
import { AddressBook } from "./address-book.ts";
import type { ApplicationGroup, SecurityGroup, VirtualNetwork } from "./networks.ts";
import { Operations } from "./operations.ts";
import type { Disk, Nic, PublicAddress } from "./parts.ts";
import type { ScaleSet } from "./scale-set.ts";
import { type Resource, resourceId, type ResourceType, Shelf } from "./shelf.ts";
import { Signatures } from "./signatures.ts";
import type { Vm } from "./vm.ts";

export interface Surroundings {
  readonly options: SimulatedAzureOptions;
  readonly clock: SimClock;
  readonly addresses: AddressSpace;
  readonly fleet: SimFleet;
  /** What a program on the VM of that name finds at fixed addresses. */
  readonly around: (vm: string) => Readonly<Record<string, string>>;
  /** What is signed about a VM for a key with that SHA-256. */
  readonly attest: (vm: Vm, key256: string) => string;
}

export const GROUP = "dask-rg";
export const NETWORK_GROUP = "network-rg";
export const HOME = "eastus";

/** What a subscription has. A test may look at it and change it. */
export class Account {
  capacity: readonly CapacityRule[];
  quotas: Quotas;
  /** Whether the terms of Marketplace images are accepted. */
  termsAccepted = true;
  /** Names of resource groups. */
  readonly groups = new Set([GROUP, NETWORK_GROUP]);
  /** Ids of managed identities that VMs can be given. */
  readonly identities: readonly string[];
  readonly images: readonly ManagedImage[];
  readonly vms: Shelf<Vm>;
  readonly scaleSets: Shelf<ScaleSet>;
  readonly disks: Shelf<Disk>;
  readonly nics: Shelf<Nic>;
  readonly publicAddresses: Shelf<PublicAddress>;
  readonly securityGroups: Shelf<SecurityGroup>;
  readonly applicationGroups: Shelf<ApplicationGroup>;
  readonly networks: Shelf<VirtualNetwork>;
  readonly operations: Operations;
  readonly addressBook: AddressBook;
  readonly publicPool: Subnet;
  readonly signatures = new Signatures();
  readonly surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    const { options, clock, addresses } = surroundings;
    const shelf = <Item extends Resource>(type: ResourceType): Shelf<Item> =>
      new Shelf<Item>(type, clock, { listMs: options.listLagMs ?? 2000, getMs: options.getLagMs ?? 0 });
    this.surroundings = surroundings;
    this.capacity = options.capacity ?? [];
    this.quotas = options.quotas ?? {};
    this.identities = (options.identities ?? ["dask-identity"]).map((name) =>
      resourceId(GROUP, "Microsoft.ManagedIdentity/userAssignedIdentities", name),
    );
    const name = "dask-baked";
    const id = resourceId(GROUP, "Microsoft.Compute/images", name);
    this.images = [{ id, name, location: HOME, generation: "V2", diskSizeGb: 64 }];
    this.vms = shelf("Microsoft.Compute/virtualMachines");
    this.scaleSets = shelf("Microsoft.Compute/virtualMachineScaleSets");
    this.disks = shelf("Microsoft.Compute/disks");
    this.nics = shelf("Microsoft.Network/networkInterfaces");
    this.publicAddresses = shelf("Microsoft.Network/publicIPAddresses");
    this.securityGroups = shelf("Microsoft.Network/networkSecurityGroups");
    this.applicationGroups = shelf("Microsoft.Network/applicationSecurityGroups");
    this.networks = shelf("Microsoft.Network/virtualNetworks");
    this.operations = new Operations(clock);
    this.addressBook = new AddressBook(addresses);
    this.publicPool = new Subnet(addresses.publicCidr);
  }

  get clock(): SimClock {
    return this.surroundings.clock;
  }

  /** When a write to the network that begins now is over. */
  get networkReadyAt(): number {
    return this.clock.now() + (this.surroundings.options.networkMs ?? 1000);
  }

  /** VMs of a scale set that are not being deleted. */
  membersOf(scaleSet: string): readonly Vm[] {
    const wanted = scaleSet.toLowerCase();
    return this.vms.all.filter(
      ({ plan, deletedAt }) => deletedAt === undefined && plan.scaleSet?.toLowerCase() === wanted,
    );
  }
}
