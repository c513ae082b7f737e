import { createHash } from "node:crypto";

import type { TagsBody } from "../bodies/common.ts";

interface Made extends TagsBody {
  readonly id: string;
  readonly compartmentId: string;
  readonly displayName: string;
  /** In simulated milliseconds. */
  readonly createdAt: number;
}

/** What all resources have: an id, a compartment, a name for people, tags, and a version. */
export class Resource {
  readonly id: string;
  readonly compartmentId: string;
  readonly createdAt: number;
  displayName: string;
  freeformTags: Readonly<Record<string, string>>;
  definedTags: NonNullable<TagsBody["definedTags"]>;
  #version = 0;

  constructor({ id, compartmentId, createdAt, displayName, freeformTags = {}, definedTags = {} }: Made) {
    this.id = id;
    this.compartmentId = compartmentId;
    this.createdAt = createdAt;
    this.displayName = displayName;
    this.freeformTags = freeformTags;
    this.definedTags = definedTags;
  }

  get etag(): string {
    return createHash("sha256").update(`${this.id} ${this.#version}`).digest("hex");
  }

  /** It has changed: an etag that was read before is out of date. */
  touch(): void {
    this.#version += 1;
  }

  /** Takes over a new name and new tags, where some were sent. */
  rename({ displayName, freeformTags, definedTags }: TagsBody & { readonly displayName?: string | undefined }): void {
    this.displayName = displayName ?? this.displayName;
    this.freeformTags = freeformTags ?? this.freeformTags;
    this.definedTags = definedTags ?? this.definedTags;
    this.touch();
  }

  /** The fields that every resource shows. */
  protected common(): Readonly<Record<string, unknown>> {
    const { id, compartmentId, displayName, freeformTags, definedTags, createdAt } = this;
    return { id, compartmentId, displayName, freeformTags, definedTags, timeCreated: timestamp(createdAt) };
  }
}

/** As the API writes a simulated time. */
export function timestamp(simMs: number): string {
  return new Date(simMs).toISOString();
}
