import type { RuleBody } from "../bodies/network.ts";
import type { Vcn } from "./networks.ts";
import { Resource, timestamp } from "./resource.ts";

/** A rule of a network security group. */
export interface Rule extends RuleBody {
  readonly id: string;
  readonly createdAt: number;
}

/** A network security group: rules for the VNICs that are in it. */
export class SecurityGroup extends Resource {
  readonly vcn: Vcn;
  readonly #state: Vcn["state"];
  readonly #rules = new Map<string, Rule>();
  #nextId = 1;

  constructor(made: ConstructorParameters<typeof Resource>[0] & { readonly vcn: Vcn }, state: Vcn["state"]) {
    super(made);
    this.vcn = made.vcn;
    this.#state = state;
  }

  get state(): "PROVISIONING" | "AVAILABLE" {
    return this.#state();
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  rule(id: string): Rule | undefined {
    return this.#rules.get(id);
  }

  add(body: RuleBody, createdAt: number): Rule {
    // Six digits in hexadecimal, as the cloud numbers them.
    const id = (0xa1_00_00 + this.#nextId++).toString(16).toUpperCase();
    const rule = { isStateless: false, ...body, id, createdAt };
    this.#rules.set(id, rule);
    return rule;
  }

  replace(id: string, body: RuleBody): Rule {
    const rule = { isStateless: false, ...body, id, createdAt: this.#rules.get(id)?.createdAt ?? 0 };
    this.#rules.set(id, rule);
    return rule;
  }

  remove(id: string): void {
    this.#rules.delete(id);
  }

  toJson(): Readonly<Record<string, unknown>> {
    return { ...this.common(), vcnId: this.vcn.id, lifecycleState: this.state };
  }
}

/** @param exists whether a group that a rule names is still there */
export function ruleJson(
  { createdAt, ...rule }: Rule,
  exists: (id: string) => boolean,
): Readonly<Record<string, unknown>> {
  const peers = [
    [rule.sourceType, rule.source],
    [rule.destinationType, rule.destination],
  ] as const;
  const isValid = peers.every(([type, id]) => type !== "NETWORK_SECURITY_GROUP" || exists(id ?? ""));
  return {
    description: null,
    destination: null,
    destinationType: null,
    source: null,
    sourceType: null,
    icmpOptions: null,
    tcpOptions: null,
    udpOptions: null,
    ...rule,
    isValid,
    timeCreated: timestamp(createdAt),
  };
}
