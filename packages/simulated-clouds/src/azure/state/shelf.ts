import type { SimClock } from "../../core/clock.ts";
import { resourceNotFound } from "../api-error.ts";

export const SUBSCRIPTION = "5ab5c417-0000-4000-8000-00000000da5c";

export type ResourceType =
  | "Microsoft.Compute/virtualMachines"
  | "Microsoft.Compute/virtualMachineScaleSets"
  | "Microsoft.Compute/disks"
  | "Microsoft.Compute/images"
  | "Microsoft.ManagedIdentity/userAssignedIdentities"
  | "Microsoft.Network/networkInterfaces"
  | "Microsoft.Network/publicIPAddresses"
  | "Microsoft.Network/networkSecurityGroups"
  | "Microsoft.Network/applicationSecurityGroups"
  | "Microsoft.Network/virtualNetworks";

export interface Resource {
  /** The whole path. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly location: string;
  readonly createdAt: number;
}

export function resourceId(group: string, type: ResourceType, name: string): string {
  return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/${type}/${name}`;
}

/** How long what is new is missing: from lists, and where it is asked for by its name. */
interface Lags {
  readonly listMs: number;
  readonly getMs: number;
}

/** All resources of a type. Their names are the same in upper and lower case; lists show them a moment after they are made. */
export class Shelf<Item extends Resource> {
  readonly type: ResourceType;
  readonly #clock: SimClock;
  readonly #lags: Lags;
  readonly #items = new Map<string, Item>();

  constructor(type: ResourceType, clock: SimClock, lags: Lags) {
    this.type = type;
    this.#clock = clock;
    this.#lags = lags;
  }

  /** In the order in which they were made. */
  get all(): readonly Item[] {
    return [...this.#items.values()];
  }

  get size(): number {
    return this.#items.size;
  }

  /** What lists of a resource group show. */
  visibleIn(group: string): readonly Item[] {
    const latest = this.#clock.now() - this.#lags.listMs;
    return this.all.filter((item) => item.createdAt <= latest && item.group.toLowerCase() === group.toLowerCase());
  }

  put(item: Item): void {
    this.#items.set(item.id.toLowerCase(), item);
  }

  delete(item: Item): void {
    this.#items.delete(item.id.toLowerCase());
  }

  byId(id: string): Item | undefined {
    return this.#items.get(id.toLowerCase());
  }

  find(group: string, name: string): Item | undefined {
    return this.byId(resourceId(group, this.type, name));
  }

  /** What a GET returns: new resources may be unknown for a moment. @throws ApiError 404 */
  seen(group: string, name: string): Item {
    const item = this.get(group, name);
    if (item.createdAt + this.#lags.getMs > this.#clock.now()) throw resourceNotFound(`${this.type}/${name}`, group);
    return item;
  }

  /** @throws ApiError 404 */
  get(group: string, name: string): Item {
    const found = this.find(group, name);
    if (found === undefined) throw resourceNotFound(`${this.type}/${name}`, group);
    return found;
  }
}
