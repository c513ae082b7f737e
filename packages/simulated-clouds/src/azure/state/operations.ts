import { randomUUID } from "node:crypto";

import type { SimClock } from "../../core/clock.ts";
import type { WireReply } from "../../core/http-cloud.ts";
import { ApiError } from "../api-error.ts";

export interface Outcome {
  readonly status: "InProgress" | "Succeeded" | "Failed" | "Canceled";
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

interface Plan {
  readonly provider: string;
  readonly location: string;
  /** The id of what it makes, changes or deletes. */
  readonly resource: string;
  outcome(): Outcome;
  /** What its Location answers when it has succeeded. */
  result(): WireReply;
}

/** Something that takes a while. */
export class LongOperation {
  readonly id: string = randomUUID();
  readonly plan: Plan;
  readonly startedAt: number;
  readonly #clock: SimClock;
  #settled: (Outcome & { readonly endedAt: number }) | undefined;

  constructor(plan: Plan, clock: SimClock) {
    this.plan = plan;
    this.startedAt = clock.now();
    this.#clock = clock;
  }

  /** What has become of it; the same for ever once it is over. */
  get outcome(): Outcome {
    if (this.#settled !== undefined) return this.#settled;
    const outcome = this.plan.outcome();
    if (outcome.status !== "InProgress") this.#settled = { ...outcome, endedAt: this.#clock.now() };
    return outcome;
  }

  get underWay(): boolean {
    return this.outcome.status === "InProgress";
  }

  toJson(): object {
    const { status, error } = this.outcome;
    const time = (at: number): string => new Date(at).toISOString();
    return {
      startTime: time(this.startedAt),
      ...(this.#settled === undefined ? {} : { endTime: time(this.#settled.endedAt) }),
      status,
      ...(error === undefined ? {} : { error }),
      name: this.id,
    };
  }
}

export class Operations {
  readonly #clock: SimClock;
  readonly #operations = new Map<string, LongOperation>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  begin(plan: Plan): LongOperation {
    const operation = new LongOperation(plan, this.#clock);
    this.#operations.set(operation.id, operation);
    return operation;
  }

  find(id: string): LongOperation | undefined {
    return this.#operations.get(id.toLowerCase());
  }

  get(id: string): LongOperation {
    const found = this.find(id);
    if (found === undefined) throw new ApiError(404, "NotFound", `The entity was not found: operation ${id}.`);
    return found;
  }
}

/** The outcome of what is over at a time that is known from the beginning. */
export function overAt(clock: SimClock, time: number): () => Outcome {
  return () => ({ status: clock.now() >= time ? "Succeeded" : "InProgress" });
}
