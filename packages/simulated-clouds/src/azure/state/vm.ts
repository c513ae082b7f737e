import { randomUUID } from "node:crypto";

import type { SimClock } from "../../core/clock.ts";
import type { SimMachine } from "../../core/machine.ts";
import type { Tags } from "../bodies/common.ts";
import type { IdentityBody } from "../bodies/machine-parts.ts";
import type { VmBody } from "../bodies/virtual-machine.ts";
import type { BootImage } from "../catalog/images.ts";
import type { SizeEntry } from "../catalog/sizes.ts";
import type { NicPlan } from "../checks/network-profile.ts";
import type { Outcome } from "./operations.ts";
import type { Disk, Nic } from "./parts.ts";
import { type Resource, resourceId } from "./shelf.ts";

/** A VM as it was asked for, with everything that it names found. */
export interface VmPlan {
  readonly group: string;
  readonly name: string;
  readonly location: string;
  readonly zone: string | undefined;
  readonly size: SizeEntry;
  readonly image: BootImage;
  readonly spot: boolean;
  readonly evictionPolicy: "Deallocate" | "Delete" | undefined;
  readonly computerName: string;
  readonly userData: Buffer | undefined;
  readonly nics: readonly NicPlan[];
  readonly disk: {
    readonly name: string | undefined;
    readonly sizeGb: number;
    readonly sku: string;
    readonly deletes: boolean;
  };
  /** The id of the scale set that it belongs to. */
  readonly scaleSet: string | undefined;
  readonly tags: Tags;
  readonly identity: IdentityBody | undefined;
  readonly bootDiagnostics: boolean;
  readonly body: VmBody;
}

export type PowerState = "starting" | "running" | "stopping" | "stopped" | "deallocating" | "deallocated";

interface Times {
  readonly addressedAt: number;
  readonly provisionedAt: number;
  readonly failsAt: number;
}

export class Vm implements Resource {
  readonly id: string;
  readonly vmId = randomUUID();
  readonly etag = '"1"';
  readonly createdAt: number;
  plan: VmPlan;
  times: Times;
  nics: readonly Nic[] = [];
  disk: Disk | undefined;
  /** Absent where there was no room for it. */
  machine: SimMachine | undefined;
  failure: { readonly code: string; readonly message: string } | undefined;
  /** Its computer is given back when it is off. */
  deallocates = false;
  /** When its deletion was accepted. */
  deletedAt: number | undefined;
  gone = false;
  readonly #clock: SimClock;

  constructor(plan: VmPlan, times: Times, clock: SimClock) {
    this.id = resourceId(plan.group, "Microsoft.Compute/virtualMachines", plan.name);
    this.createdAt = clock.now();
    this.plan = plan;
    this.times = times;
    this.#clock = clock;
  }

  get group(): string {
    return this.plan.group;
  }

  get name(): string {
    return this.plan.name;
  }

  get location(): string {
    return this.plan.location;
  }

  /** Whether it uses a computer and counts for quotas. */
  get takesRoom(): boolean {
    return this.machine !== undefined && this.powerState !== "deallocated";
  }

  get hasPower(): boolean {
    return this.machine?.state === "pending" || this.machine?.state === "running";
  }

  get provisioningState(): "Creating" | "Succeeded" | "Failed" | "Deleting" {
    if (this.deletedAt !== undefined) return "Deleting";
    const { status } = this.creation;
    return status === "InProgress" ? "Creating" : status === "Failed" ? "Failed" : "Succeeded";
  }

  /** None where there is no computer for it. */
  get powerState(): PowerState | undefined {
    const [stopping, stopped] = this.deallocates
      ? (["deallocating", "deallocated"] as const)
      : (["stopping", "stopped"] as const);
    const states = { pending: "starting", running: "running", stopping, stopped, gone: undefined } as const;
    return this.machine && states[this.machine.state];
  }

  /** How its creation goes, or went before its deletion. */
  get creation(): Outcome {
    const now = Math.min(this.#clock.now(), this.deletedAt ?? Infinity);
    const { failsAt, provisionedAt } = this.times;
    if (this.failure !== undefined && now >= failsAt) return { status: "Failed", error: this.failure };
    if (this.failure === undefined && now >= provisionedAt) return { status: "Succeeded" };
    if (this.deletedAt === undefined) return { status: "InProgress" };
    const message = "The operation has been preempted by a more recent operation.";
    return { status: "Canceled", error: { code: "OperationPreempted", message } };
  }

  /** Whether its network interface and addresses are visible. */
  get isAddressed(): boolean {
    return this.#clock.now() >= this.times.addressedAt;
  }
}
