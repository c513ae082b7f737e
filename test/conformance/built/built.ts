import type { Recorded } from "../recorder.ts";

type Tags = Readonly<Record<string, string>>;

/** A machine as the cloud made it. */
export interface BuiltMachine {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly image: string;
  /** Undefined where the type decides. */
  readonly diskGiB: number | undefined;
  readonly tags: Tags;
}

/** A resource besides the machines, as the cloud made it. */
export interface BuiltResource {
  readonly kind: string;
  readonly name: string;
  /** Undefined where the cloud takes none. */
  readonly tags?: Tags | undefined;
}

/** All that a simulated cloud made of one cluster. */
export interface Built {
  readonly machines: readonly BuiltMachine[];
  readonly resources: readonly BuiltResource[];
}

/** A cluster whose plan is held against what is made. */
export interface PlanVariant {
  readonly title: string;
  /** Prepares what the options name. */
  readonly options: (cloud: unknown) => Readonly<Record<string, unknown>>;
}

/** The name of a call in plans. */
export type CallName = (recorded: Recorded) => string;
