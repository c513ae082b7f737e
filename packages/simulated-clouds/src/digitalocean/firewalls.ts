import { randomUUID } from "node:crypto";

import type { SimClock } from "../core/clock.ts";
import { ipv6Contains } from "../core/ipv6.ts";
import { cidrContains } from "../core/subnet.ts";
import { ApiError, notFound, unprocessable } from "./api-error.ts";
import type { FirewallBody } from "./bodies.ts";
import type { Droplet } from "./droplet.ts";

export interface Firewall extends FirewallBody {
  readonly id: string;
  readonly createdAt: number;
}

type Rule = NonNullable<FirewallBody["inbound_rules"]>[number];

/** The account's cloud firewalls. A droplet for which none holds is open to everybody. */
export class Firewalls {
  readonly #firewalls = new Map<string, Firewall>();
  readonly #clock: SimClock;
  readonly #listLagMs: number;

  constructor(clock: SimClock, listLagMs: number) {
    this.#clock = clock;
    this.#listLagMs = listLagMs;
  }

  get all(): readonly Firewall[] {
    return [...this.#firewalls.values()];
  }

  /** What lists show. */
  get visible(): readonly Firewall[] {
    return this.all.filter(({ createdAt }) => this.#clock.now() >= createdAt + this.#listLagMs);
  }

  create(body: FirewallBody, hasTag: (name: string) => boolean): Firewall {
    if (this.all.some(({ name }) => name === body.name)) throw new ApiError(409, "conflict", "duplicate name");
    const rules = [...(body.inbound_rules ?? []), ...(body.outbound_rules ?? [])];
    if (rules.length === 0) throw unprocessable("At least one inbound or outbound rule is required");
    if (rules.length > 50) throw unprocessable("firewall rules limit exceeded");
    const sources = rules.map((rule) => ("sources" in rule ? rule.sources : rule.destinations));
    if (sources.some((source) => Object.values(source).flat().length === 0)) {
      throw unprocessable("sources must not be empty");
    }
    const named = [...(body.tags ?? []), ...sources.flatMap(({ tags = [] }) => tags)];
    const missing = named.find((name) => !hasTag(name));
    if (missing !== undefined) throw unprocessable(`tag ${missing} does not exist`);
    const firewall: Firewall = { ...body, id: randomUUID(), createdAt: this.#clock.now() };
    this.#firewalls.set(firewall.id, firewall);
    return firewall;
  }

  get(id: string): Firewall {
    const firewall = this.#firewalls.get(id);
    if (firewall === undefined) throw notFound();
    return firewall;
  }

  delete(id: string): void {
    if (!this.#firewalls.delete(id)) throw notFound();
  }

  /** A tag that is deleted stands in no firewall any more. */
  forgetTag(name: string): void {
    const without = (tags: readonly string[] | undefined): string[] => (tags ?? []).filter((tag) => tag !== name);
    for (const firewall of this.all) {
      const inbound = (firewall.inbound_rules ?? []).map((rule) => ({
        ...rule,
        sources: { ...rule.sources, tags: without(rule.sources.tags) },
      }));
      this.#firewalls.set(firewall.id, { ...firewall, tags: without(firewall.tags), inbound_rules: inbound });
    }
  }

  /** Whether a source address reaches a TCP port of a droplet. */
  admits(droplet: Droplet, droplets: readonly Droplet[], source: string, port: number): boolean {
    const holding = this.all.filter(
      ({ tags = [], droplet_ids = [] }) =>
        droplet_ids.includes(droplet.id) || tags.some((tag) => droplet.tags.has(tag)),
    );
    if (holding.length === 0) return true;
    const rules = holding.flatMap(({ inbound_rules = [] }) => inbound_rules);
    return rules.some((rule) => rule.protocol === "tcp" && isPortIn(rule.ports, port) && lets(rule, droplets, source));
  }
}

export function firewallJson({ createdAt: _createdAt, ...firewall }: Firewall): Readonly<Record<string, unknown>> {
  return {
    droplet_ids: [],
    tags: [],
    inbound_rules: [],
    outbound_rules: [],
    ...firewall,
    status: "succeeded",
    created_at: new Date().toISOString(),
    pending_changes: [],
  };
}

function lets(
  { sources: { addresses = [], droplet_ids = [], tags = [] } }: Rule,
  droplets: readonly Droplet[],
  source: string,
): boolean {
  if (addresses.some((address) => isWithin(address, source))) return true;
  return droplets.some(
    ({ id, tags: own, machine: { input } }) =>
      (input.privateAddress === source || input.publicAddress === source) &&
      (droplet_ids.includes(id) || tags.some((tag) => own.has(tag))),
  );
}

function isPortIn(ports: string, port: number): boolean {
  if (ports === "0" || ports === "all") return true;
  const [first = 0, last = first] = ports.split("-").map(Number);
  return port >= first && port <= last;
}

function isWithin(addressOrRange: string, source: string): boolean {
  const isIpv6 = source.includes(":");
  if (addressOrRange.includes(":") !== isIpv6) return false;
  const range = addressOrRange.includes("/") ? addressOrRange : `${addressOrRange}/${isIpv6 ? 128 : 32}`;
  return isIpv6 ? ipv6Contains(range, source) : cidrContains(range, source);
}
