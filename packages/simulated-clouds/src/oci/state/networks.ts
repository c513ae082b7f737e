import { Subnet as Range } from "../../core/subnet.ts";
import type { EgressRuleBody, IngressRuleBody, RouteRuleBody } from "../bodies/network.ts";
import { Resource } from "./resource.ts";

/** Whether something can be used yet: `PROVISIONING`, then `AVAILABLE`. */
type NetworkState = () => "PROVISIONING" | "AVAILABLE";

type Made = ConstructorParameters<typeof Resource>[0];

interface InVcn extends Made {
  readonly vcn: Vcn;
}

/** A virtual cloud network. */
export class Vcn extends Resource {
  readonly cidrBlocks: readonly string[];
  readonly dnsLabel: string | undefined;
  /** Its addresses are those of this computer; otherwise its subnets' real ranges are not the declared ones. */
  readonly isReal: boolean;
  readonly state: NetworkState;
  defaultRouteTableId = "";
  defaultSecurityListId = "";

  constructor(
    made: Made & { readonly cidrBlocks: readonly string[]; readonly dnsLabel?: string | undefined },
    { isReal, state }: { readonly isReal: boolean; readonly state: NetworkState },
  ) {
    super(made);
    this.cidrBlocks = made.cidrBlocks;
    this.dnsLabel = made.dnsLabel;
    this.isReal = isReal;
    this.state = state;
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { cidrBlocks, dnsLabel, defaultRouteTableId, defaultSecurityListId } = this;
    return {
      ...this.common(),
      cidrBlock: cidrBlocks[0],
      cidrBlocks,
      defaultDhcpOptionsId: this.id.replace("ocid1.vcn.", "ocid1.dhcpoptions."),
      defaultRouteTableId,
      defaultSecurityListId,
      dnsLabel: dnsLabel ?? null,
      vcnDomainName: dnsLabel === undefined ? null : `${dnsLabel}.oraclevcn.com`,
      lifecycleState: this.state(),
    };
  }
}

export class InternetGateway extends Resource {
  readonly vcn: Vcn;
  readonly isEnabled: boolean;

  constructor(made: InVcn & { readonly isEnabled: boolean }) {
    super(made);
    this.vcn = made.vcn;
    this.isEnabled = made.isEnabled;
  }

  toJson(): Readonly<Record<string, unknown>> {
    return { ...this.common(), vcnId: this.vcn.id, isEnabled: this.isEnabled, lifecycleState: "AVAILABLE" };
  }
}

export class RouteTable extends Resource {
  readonly vcn: Vcn;
  routeRules: readonly RouteRuleBody[] = [];

  constructor(made: InVcn) {
    super(made);
    this.vcn = made.vcn;
  }

  toJson(): Readonly<Record<string, unknown>> {
    return { ...this.common(), vcnId: this.vcn.id, routeRules: this.routeRules, lifecycleState: "AVAILABLE" };
  }
}

export class SecurityList extends Resource {
  readonly vcn: Vcn;
  ingressSecurityRules: readonly IngressRuleBody[] = [];
  egressSecurityRules: readonly EgressRuleBody[] = [];

  constructor(made: InVcn) {
    super(made);
    this.vcn = made.vcn;
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { ingressSecurityRules, egressSecurityRules } = this;
    return {
      ...this.common(),
      vcnId: this.vcn.id,
      ingressSecurityRules,
      egressSecurityRules,
      lifecycleState: "AVAILABLE",
    };
  }
}

interface MadeSubnet extends InVcn {
  readonly cidrBlock: string;
  /** Undefined: it spans the region. */
  readonly availabilityDomain?: string | undefined;
  readonly dnsLabel?: string | undefined;
  readonly isPrivate: boolean;
  readonly routeTable: RouteTable;
  readonly securityLists: readonly SecurityList[];
}

export class Subnet extends Resource {
  readonly vcn: Vcn;
  readonly cidrBlock: string;
  readonly availabilityDomain: string | undefined;
  readonly dnsLabel: string | undefined;
  /** No VNIC in it has a public address. */
  readonly isPrivate: boolean;
  readonly routeTable: RouteTable;
  readonly securityLists: readonly SecurityList[];
  /** The addresses of this computer that its VNICs get. The first two and the last are Oracle's. */
  readonly range: Range;
  readonly state: NetworkState;

  constructor(made: MadeSubnet, { range, state }: { readonly range: string; readonly state: NetworkState }) {
    super(made);
    this.vcn = made.vcn;
    this.cidrBlock = made.cidrBlock;
    this.availabilityDomain = made.availabilityDomain;
    this.dnsLabel = made.dnsLabel;
    this.isPrivate = made.isPrivate;
    this.routeTable = made.routeTable;
    this.securityLists = made.securityLists;
    this.range = new Range(range, 2);
    this.state = state;
  }

  toJson(): Readonly<Record<string, unknown>> {
    const { availabilityDomain, cidrBlock, dnsLabel, vcn, isPrivate } = this;
    return {
      ...this.common(),
      availabilityDomain: availabilityDomain ?? null,
      cidrBlock,
      dhcpOptionsId: vcn.id.replace("ocid1.vcn.", "ocid1.dhcpoptions."),
      dnsLabel: dnsLabel ?? null,
      subnetDomainName: dnsLabel === undefined ? null : `${dnsLabel}.${vcn.dnsLabel ?? ""}.oraclevcn.com`,
      prohibitInternetIngress: isPrivate,
      prohibitPublicIpOnVnic: isPrivate,
      routeTableId: this.routeTable.id,
      securityListIds: this.securityLists.map(({ id }) => id),
      vcnId: vcn.id,
      virtualRouterIp: cidrBlock.replace(/\d+\/\d+$/u, "1"),
      virtualRouterMac: "00:00:17:B6:4D:DD",
      lifecycleState: this.state(),
    };
  }
}
