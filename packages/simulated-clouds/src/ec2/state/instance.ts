import type { InstanceStateName } from "@aws-sdk/client-ec2";

import type { SimMachine } from "../../core/machine.ts";
import type { LaunchPlan } from "../launch/plan.ts";
import type { NetworkInterface } from "./network-interface.ts";
import type { Resource } from "./registry.ts";
import type { Volume } from "./volume.ts";

/** Why an instance is not running any more, in EC2's words. */
export interface EndReason {
  readonly code: string;
  readonly message: string;
}

export const USER_INITIATED: EndReason = {
  code: "Client.UserInitiatedShutdown",
  message: "Client.UserInitiatedShutdown: User initiated shutdown",
};
export const GUEST_INITIATED: EndReason = {
  code: "Client.InstanceInitiatedShutdown",
  message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
};
export const SPOT_INTERRUPTION: EndReason = {
  code: "Server.SpotInstanceTermination",
  message: "Server.SpotInstanceTermination: Spot instance termination",
};
export const HOST_FAILURE: EndReason = {
  code: "Server.InternalError",
  message: "Server.InternalError: Internal error",
};

export const STATE_CODES: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  "shutting-down": 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** A virtual machine with everything that was decided at its launch. */
export class Ec2Instance implements Resource {
  readonly id: string;
  readonly tags: Map<string, string>;
  readonly plan: LaunchPlan;
  readonly machine: SimMachine;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly networkInterface: NetworkInterface;
  /** Those that it was launched with. */
  readonly volumes: readonly Volume[];
  readonly publicAddress: string | undefined;
  readonly spotRequestId: string | undefined;
  endReason: EndReason | undefined;
  /** Whether it has its public address by now. */
  addressAssigned = false;
  #terminating = false;

  constructor(
    facts: Pick<
      Ec2Instance,
      | "id"
      | "tags"
      | "plan"
      | "machine"
      | "reservationId"
      | "launchIndex"
      | "networkInterface"
      | "volumes"
      | "publicAddress"
      | "spotRequestId"
    >,
  ) {
    this.id = facts.id;
    this.tags = facts.tags;
    this.plan = facts.plan;
    this.machine = facts.machine;
    this.reservationId = facts.reservationId;
    this.launchIndex = facts.launchIndex;
    this.networkInterface = facts.networkInterface;
    this.volumes = facts.volumes;
    this.publicAddress = facts.publicAddress;
    this.spotRequestId = facts.spotRequestId;
  }

  get visibleFrom(): number {
    return this.machine.visibleFrom;
  }

  get state(): InstanceStateName {
    const { state } = this.machine;
    if (state === "gone") return "terminated";
    if (state === "stopping") return this.#terminating ? "shutting-down" : "stopping";
    return state;
  }

  get zone(): string {
    return this.networkInterface.subnet.zone.name;
  }

  /** Its public address, once it has one and while it is on. */
  get publicAddressShown(): string | undefined {
    const isOn = ["pending", "running", "shutting-down"].includes(this.state);
    return isOn && this.addressAssigned ? this.publicAddress : undefined;
  }

  /** Whether it takes up capacity, and counts for quotas. */
  get takesRoom(): boolean {
    return this.state !== "terminated" && this.state !== "stopped";
  }

  terminate(reason: EndReason): void {
    if (this.#terminating) return;
    this.#terminating = true;
    this.endReason = reason;
    this.machine.destroy();
  }

  stop(reason: EndReason): void {
    if (this.#terminating) return;
    this.endReason = reason;
    this.machine.stop();
  }
}
