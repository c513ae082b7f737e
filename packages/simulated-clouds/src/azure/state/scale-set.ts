import { randomUUID } from "node:crypto";

import type { Tags } from "../bodies/common.ts";
import type { ScaleSetBody } from "../bodies/scale-set.ts";
import type { LongOperation } from "./operations.ts";
import { type Resource, resourceId } from "./shelf.ts";

export class ScaleSet implements Resource {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly location: string;
  readonly createdAt: number;
  readonly uniqueId = randomUUID();
  /** The model: what the next machines are like. */
  body: ScaleSetBody;
  tags: Tags;
  deletedAt: number | undefined;
  /** The last write. */
  write: LongOperation | undefined;
  #etag = 1;
  readonly #counts: { readonly at: number; readonly machines: number }[] = [];
  #wrong: { readonly capacity: number; readonly until: number } | undefined;

  constructor(group: string, name: string, location: string, body: ScaleSetBody, createdAt: number) {
    this.id = resourceId(group, "Microsoft.Compute/virtualMachineScaleSets", name);
    this.group = group;
    this.name = name;
    this.location = location;
    this.createdAt = createdAt;
    this.body = body;
    this.tags = body.tags ?? {};
  }

  get etag(): string {
    return `"${this.#etag}"`;
  }

  changed(): void {
    this.#etag += 1;
  }

  /** It has so many machines from now on. */
  count(at: number, machines: number): void {
    this.#counts.push({ at, machines });
  }

  /** Tells a wrong number of machines for a while, as Azure does (kubernetes/autoscaler#9452: 0). */
  misreport(capacity: number, until: number): void {
    this.#wrong = { capacity, until };
  }

  /** How many machines it says that it has: those of a moment ago. */
  capacityTold(now: number, lagMs: number): number {
    if (this.#wrong !== undefined && now < this.#wrong.until) return this.#wrong.capacity;
    const known = this.#counts.findLast(({ at }) => at <= now - lagMs) ?? this.#counts[0];
    return known?.machines ?? 0;
  }

  get provisioningState(): string {
    if (this.deletedAt !== undefined) return "Deleting";
    const status = this.write?.outcome.status;
    if (status === "InProgress") return this.#etag === 1 ? "Creating" : "Updating";
    return status === "Failed" ? "Failed" : "Succeeded";
  }
}
