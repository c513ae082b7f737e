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

  get provisioningState(): string {
    if (this.deletedAt !== undefined) return "Deleting";
    const status = this.write?.outcome.status;
    if (status === "InProgress") return this.#etag === 1 ? "Creating" : "Updating";
    return status === "Failed" ? "Failed" : "Succeeded";
  }
}
