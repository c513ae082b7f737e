import { FAULT_DOMAINS } from "../catalog/regions.ts";
import type { CapacityRule } from "../options.ts";
import type { Instance } from "./instance.ts";

/** What needs a host. */
interface Wanted {
  readonly availabilityDomain: string;
  readonly faultDomain: string | undefined;
  readonly shape: string;
  readonly preemptible: boolean;
}

/** How many more instances of a kind a fault domain has hosts for. */
export function roomIn(
  rules: readonly CapacityRule[],
  instances: readonly Instance[],
  wanted: Wanted & { readonly faultDomain: string },
): number {
  const rooms = rules
    .filter((rule) => fits(rule, wanted))
    .map((rule) => {
      const taken = instances.filter((instance) => instance.takesCapacity && fits(rule, kindOf(instance)));
      return Math.max(0, rule.instances - taken.length);
    });
  return Math.min(Number.POSITIVE_INFINITY, ...rooms);
}

/** The fault domain that an instance goes to: the asked one, or else the emptiest with room. Undefined: there is no host. */
export function faultDomainFor(
  rules: readonly CapacityRule[],
  instances: readonly Instance[],
  wanted: Wanted,
): string | undefined {
  const candidates = wanted.faultDomain === undefined ? FAULT_DOMAINS : [wanted.faultDomain];
  const load = (domain: string): number =>
    instances.filter(
      ({ takesCapacity, faultDomain, plan }) =>
        takesCapacity && faultDomain === domain && plan.availabilityDomain === wanted.availabilityDomain,
    ).length;
  return candidates
    .filter((faultDomain) => roomIn(rules, instances, { ...wanted, faultDomain }) > 0)
    .map((faultDomain) => ({ faultDomain, load: load(faultDomain) }))
    .sort((a, b) => a.load - b.load)[0]?.faultDomain;
}

function kindOf({ plan, faultDomain }: Instance): Wanted & { readonly faultDomain: string } {
  const { availabilityDomain, shape, preemptible } = plan;
  return { availabilityDomain, faultDomain, shape: shape.shape, preemptible };
}

function fits(rule: CapacityRule, wanted: Wanted & { readonly faultDomain: string }): boolean {
  return (
    (rule.availabilityDomain === undefined || wanted.availabilityDomain.endsWith(rule.availabilityDomain)) &&
    (rule.faultDomain ?? wanted.faultDomain) === wanted.faultDomain &&
    (rule.shape ?? wanted.shape) === wanted.shape &&
    (rule.preemptible ?? wanted.preemptible) === wanted.preemptible
  );
}
