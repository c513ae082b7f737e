import { randomBytes } from "node:crypto";

import type { SimClock } from "../../core/clock.ts";
import { placeOf, type Scope, scopePath, selfLink } from "../links.ts";
import { newId, timestamp } from "./identity.ts";

/** Why an operation failed, or a part of it. */
export interface OperationError {
  /** Such as `QUOTA_EXCEEDED`. */
  readonly code: string;
  readonly message: string;
  readonly errorDetails?: readonly unknown[];
  readonly httpStatus: number;
  /** Such as `FORBIDDEN`. */
  readonly httpMessage: string;
}

export interface OperationWarning {
  readonly code: string;
  readonly message: string;
}

export interface OperationInput {
  readonly scope: Scope;
  /** Such as `insert`. */
  readonly type: string;
  /** The path of what it changes. */
  readonly target: string;
  readonly targetId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly warnings?: readonly OperationWarning[] | undefined;
  /** More fields, as they are at the moment. */
  readonly more?: (() => Readonly<Record<string, unknown>>) | undefined;
}

const PENDING_MS = 300;

/** Something that takes time: pending, running, done. That it could be begun says nothing of how it ends. */
export class Operation {
  readonly name: string;
  readonly input: OperationInput;
  /** Resolves when it is done. */
  readonly finished: Promise<void>;
  readonly #id = newId();
  readonly #clock: SimClock;
  readonly #insertedAt: number;
  #endedAt: number | undefined;
  #errors: readonly OperationError[] = [];
  #resolve: () => void = () => undefined;

  constructor(input: OperationInput, clock: SimClock) {
    this.input = input;
    this.#clock = clock;
    this.#insertedAt = clock.now();
    this.name = `operation-${Math.floor(this.#insertedAt)}-${randomBytes(6).toString("hex")}-${randomBytes(4).toString("hex")}`;
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get path(): string {
    return `${scopePath(this.input.scope)}/operations/${this.name}`;
  }

  get done(): boolean {
    return this.#endedAt !== undefined;
  }

  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** Ends it, with errors where it failed. */
  finish(errors: readonly OperationError[] = []): void {
    if (this.done) return;
    this.#endedAt = this.#clock.now();
    this.#errors = errors;
    this.#resolve();
  }

  get status(): "PENDING" | "RUNNING" | "DONE" {
    if (this.done) return "DONE";
    return this.#clock.now() < this.#insertedAt + PENDING_MS ? "PENDING" : "RUNNING";
  }

  toJson(): Record<string, unknown> {
    const { scope, type, target, targetId, requestId, groupId, warnings = [], more } = this.input;
    const { status } = this;
    const [first] = this.#errors;
    const { zone, region } = scope;
    const place = selfLink(`projects/${scope.project}/${placeOf({ zone, region })}`);
    return {
      kind: "compute#operation",
      id: this.#id,
      name: this.name,
      ...(zone === undefined ? {} : { zone: place }),
      ...(region === undefined ? {} : { region: place }),
      operationType: type,
      targetLink: selfLink(target),
      ...(targetId === undefined ? {} : { targetId }),
      ...(requestId === undefined ? {} : { clientOperationId: requestId }),
      ...(groupId === undefined ? {} : { operationGroupId: groupId }),
      status,
      user: "dask@example.com",
      progress: status === "DONE" ? 100 : 0,
      insertTime: timestamp(this.#insertedAt),
      ...(status === "PENDING" ? {} : { startTime: timestamp(this.#insertedAt + PENDING_MS) }),
      ...(this.#endedAt === undefined ? {} : { endTime: timestamp(this.#endedAt) }),
      ...(first === undefined
        ? {}
        : {
            error: {
              errors: this.#errors.map(({ code, message, errorDetails }) => {
                return { code, message, ...(errorDetails === undefined ? {} : { errorDetails }) };
              }),
            },
            httpErrorStatusCode: first.httpStatus,
            httpErrorMessage: first.httpMessage,
          }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...more?.(),
      selfLink: selfLink(this.path),
    };
  }
}

/** All operations of a cloud, those that are done included. */
export class Operations {
  readonly #clock: SimClock;
  readonly #all = new Map<string, Operation>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  get all(): readonly Operation[] {
    return [...this.#all.values()];
  }

  get(path: string): Operation | undefined {
    return this.#all.get(path);
  }

  /** Begins one; the code that does the work finishes it. */
  begin(input: OperationInput): Operation {
    const operation = new Operation(input, this.#clock);
    this.#all.set(operation.path, operation);
    return operation;
  }

  /** Begins one that takes a while; what it does is done at its end, and says why it failed, if it did. */
  run(input: OperationInput, afterMs: number, effect: () => readonly OperationError[] | void): Operation {
    const operation = this.begin(input);
    this.#clock.after(afterMs, () => operation.finish(effect() ?? []));
    return operation;
  }
}
