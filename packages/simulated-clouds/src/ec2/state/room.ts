import { quotaFamily, type TypeFacts } from "../catalogue/instance-types.ts";
import { Ec2Error } from "../errors.ts";
import type { CapacityRule, Market, Quotas } from "../options.ts";
import type { Ec2Instance } from "./instance.ts";

const RAISE = "Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.";

/** How many more instances fit the cloud's capacity and the account's quota. */
export class Room {
  rules: readonly CapacityRule[];
  quotas: Quotas;
  readonly #instances: () => readonly Ec2Instance[];

  constructor(rules: readonly CapacityRule[], quotas: Quotas, instances: () => readonly Ec2Instance[]) {
    this.rules = rules;
    this.quotas = quotas;
    this.#instances = instances;
  }

  /** How many more instances of a type a zone has room for. */
  inZone(zone: string, { name }: TypeFacts, market: Market): number {
    const rules = this.rules.filter((rule) => applies(rule, zone, name, market));
    const rooms = rules.map((rule) => {
      const there = this.#taking.filter((each) => applies(rule, each.zone, each.plan.type.name, marketOf(each)));
      return rule.instances - there.length;
    });
    return Math.max(0, Math.min(Number.POSITIVE_INFINITY, ...rooms));
  }

  /**
   * How many of the instances that a request asks for the account may have.
   *
   * @throws Ec2Error where those are fewer than it needs.
   */
  withinQuotas(type: TypeFacts, market: Market, { min, max }: { readonly min: number; readonly max: number }): number {
    const { instances = {}, refuseWhole = false } = this.quotas;
    const needed = refuseWhole ? max : min;
    const limit = instances[type.name];
    const same = this.#taking.filter(({ plan }) => plan.type.name === type.name).length;
    const ofType = limit === undefined ? max : Math.max(0, limit - same);
    if (ofType < needed) {
      throw new Ec2Error(
        "InstanceLimitExceeded",
        `You have requested more instances (${same + needed}) than your current instance limit of ${limit} allows for the specified instance type. ${RAISE}`,
      );
    }
    const byCpus = this.#vcpusLeft(type, market) / type.vcpus;
    if (byCpus < needed) throw market === "spot" ? tooManySpot() : this.#tooManyCpus(type);
    return Math.min(max, ofType, Math.floor(byCpus));
  }

  get #taking(): readonly Ec2Instance[] {
    return this.#instances().filter(({ takesRoom }) => takesRoom);
  }

  #vcpusLeft(type: TypeFacts, market: Market): number {
    const family = quotaFamily(type);
    const limit = (market === "spot" ? this.quotas.spotVcpus : this.quotas.vcpus)?.[family];
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    const used = this.#taking
      .filter((each) => marketOf(each) === market && quotaFamily(each.plan.type) === family)
      .reduce((sum, { plan }) => sum + plan.type.vcpus, 0);
    return Math.max(0, limit - used);
  }

  #tooManyCpus(type: TypeFacts): Ec2Error {
    const limit = this.quotas.vcpus?.[quotaFamily(type)];
    return new Ec2Error(
      "VcpuLimitExceeded",
      `You have requested more vCPU capacity than your current vCPU limit of ${limit} allows for the instance bucket that the specified instance type belongs to. ${RAISE}`,
    );
  }
}

function tooManySpot(): Ec2Error {
  return new Ec2Error("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded");
}

function marketOf({ plan }: Ec2Instance): Market {
  return plan.spot === undefined ? "on-demand" : "spot";
}

function applies(rule: CapacityRule, zone: string, type: string, market: Market): boolean {
  return (rule.zone ?? zone) === zone && (rule.instanceType ?? type) === type && (rule.market ?? market) === market;
}
