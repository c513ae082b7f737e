import { createHash } from "node:crypto";

import { newOcid } from "../ocid.ts";
import type { Subnet } from "./networks.ts";
import { Resource } from "./resource.ts";
import type { SecurityGroup } from "./security-groups.ts";

/** What a launch asks of its primary VNIC, checked. */
export interface VnicPlan {
  readonly subnet: Subnet;
  readonly groups: readonly SecurityGroup[];
  readonly hasPublicIp: boolean;
  readonly privateIp: string | undefined;
  readonly hostnameLabel: string | undefined;
  readonly displayName: string | undefined;
  readonly skipSourceDestCheck: boolean;
}

interface MadeVnic {
  readonly plan: VnicPlan;
  readonly region: string;
  readonly availabilityDomain: string;
  readonly compartmentId: string;
  readonly displayName: string;
  readonly createdAt: number;
  readonly privateIp: string;
  readonly publicIp: string | undefined;
}

/** The primary VNIC of an instance, and its attachment. */
export class Vnic extends Resource {
  readonly plan: VnicPlan;
  readonly attachmentId: string;
  readonly privateIpId: string;
  readonly privateIp: string;
  readonly publicIp: string | undefined;
  readonly availabilityDomain: string;

  constructor({ region, plan, privateIp, publicIp, ...made }: MadeVnic) {
    super({ ...made, id: newOcid("vnic", region) });
    this.plan = plan;
    this.attachmentId = newOcid("vnicattachment", region);
    this.privateIpId = newOcid("privateip", region);
    this.privateIp = privateIp;
    this.publicIp = publicIp;
    this.availabilityDomain = made.availabilityDomain;
  }

  get subnet(): Subnet {
    return this.plan.subnet;
  }

  get groupIds(): readonly string[] {
    return this.plan.groups.map(({ id }) => id);
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { availabilityDomain, plan, privateIp, publicIp } = this;
    const mac = createHash("sha256").update(this.id).digest("hex").match(/../gu)?.slice(0, 4).join(":");
    return {
      ...this.common(),
      availabilityDomain,
      hostnameLabel: plan.hostnameLabel ?? null,
      isPrimary: true,
      lifecycleState: "AVAILABLE",
      macAddress: `02:00:${mac?.toUpperCase()}`,
      nsgIds: this.groupIds,
      privateIp,
      publicIp: publicIp ?? null,
      skipSourceDestCheck: plan.skipSourceDestCheck,
      subnetId: plan.subnet.id,
    };
  }
}
