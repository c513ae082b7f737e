import { ipv6Contains } from "../../core/ipv6.ts";
import { cidrContains } from "../../core/subnet.ts";
import { selfLink } from "../links.ts";
import { newId, timestamp } from "./identity.ts";
import type { Network } from "./networks.ts";

export interface PortRule {
  readonly IPProtocol: string;
  readonly ports?: readonly string[];
}

/** A rule as it is written, with the cloud's defaults. */
export interface FirewallSpec {
  readonly name: string;
  readonly description?: string;
  readonly network: Network;
  readonly direction: "INGRESS" | "EGRESS";
  readonly priority: number;
  readonly disabled: boolean;
  readonly sourceRanges: readonly string[];
  readonly destinationRanges: readonly string[];
  readonly sourceTags: readonly string[];
  readonly targetTags: readonly string[];
  readonly allowed: readonly PortRule[];
  readonly denied: readonly PortRule[];
}

/** A firewall rule of a network. */
export class Firewall {
  readonly id = newId();
  readonly project: string;
  readonly createdAt: number;
  spec: FirewallSpec;
  /** From the end of its insert to the end of its delete. */
  enforced = false;
  /** Whether an operation works on it. */
  busy = false;

  constructor(project: string, spec: FirewallSpec, createdAt: number) {
    this.project = project;
    this.spec = spec;
    this.createdAt = createdAt;
  }

  get name(): string {
    return this.spec.name;
  }

  get path(): string {
    return `projects/${this.project}/global/firewalls/${this.name}`;
  }

  toJson(): Record<string, unknown> {
    const { network, description, allowed, denied, sourceRanges, destinationRanges, sourceTags, targetTags, ...rest } =
      this.spec;
    const lists = { allowed, denied, sourceRanges, destinationRanges, sourceTags, targetTags };
    return {
      kind: "compute#firewall",
      id: this.id,
      creationTimestamp: timestamp(this.createdAt),
      ...rest,
      description: description ?? "",
      network: selfLink(network.path),
      // An empty list is left out of an answer.
      ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
      logConfig: { enable: false },
      selfLink: selfLink(this.path),
    };
  }
}

/** The rules that a fresh project's `default` network has; none opens a port of Dask. */
export function defaultFirewalls(network: Network, internalRange: string, now: number): readonly Firewall[] {
  const rule = (name: string, priority: number, sourceRange: string, allowed: readonly PortRule[]): Firewall => {
    const firewall = new Firewall(
      network.project,
      {
        name: `default-allow-${name}`,
        description: `Allow ${name} traffic`,
        network,
        direction: "INGRESS",
        priority,
        disabled: false,
        sourceRanges: [sourceRange],
        destinationRanges: [],
        sourceTags: [],
        targetTags: [],
        allowed,
        denied: [],
      },
      now,
    );
    firewall.enforced = true;
    return firewall;
  };
  const everyPort = ["0-65535"];
  return [
    rule("internal", 65534, internalRange, [
      { IPProtocol: "tcp", ports: everyPort },
      { IPProtocol: "udp", ports: everyPort },
      { IPProtocol: "icmp" },
    ]),
    rule("ssh", 65534, "0.0.0.0/0", [{ IPProtocol: "tcp", ports: ["22"] }]),
    rule("rdp", 65534, "0.0.0.0/0", [{ IPProtocol: "tcp", ports: ["3389"] }]),
    rule("icmp", 65534, "0.0.0.0/0", [{ IPProtocol: "icmp" }]),
  ];
}

/** What knocks at a VM's door. */
export interface Knock {
  readonly network: Network;
  /** The tags of the VM that is knocked at. */
  readonly tags: readonly string[];
  readonly source: string;
  /** The tags of the VM of the same network that knocks, if one does. */
  readonly sourceTags: readonly string[];
  readonly port: number;
}

/**
 * Whether the rules let a TCP connection in: the rule with the lowest priority number has its way, a denying one before an
 * allowing one of the same; without any, nothing comes in.
 */
export function admits(firewalls: readonly Firewall[], knock: Knock): boolean {
  const rules = firewalls
    .filter(({ enforced, spec }) => enforced && !spec.disabled && spec.direction === "INGRESS")
    .map(({ spec }) => spec)
    .filter((spec) => spec.network === knock.network && concerns(spec, knock));
  rules.sort((a, b) => a.priority - b.priority || b.denied.length - a.denied.length);
  return (rules[0]?.allowed.length ?? 0) > 0;
}

function concerns(spec: FirewallSpec, { tags, source, sourceTags, port }: Knock): boolean {
  const aimed = spec.targetTags.length === 0 || spec.targetTags.some((tag) => tags.includes(tag));
  const from =
    spec.sourceRanges.some((range) => rangeContains(range, source)) ||
    spec.sourceTags.some((tag) => sourceTags.includes(tag));
  return aimed && from && [...spec.allowed, ...spec.denied].some((rule) => covers(rule, port));
}

function covers({ IPProtocol, ports }: PortRule, port: number): boolean {
  if (!["tcp", "6", "all"].includes(IPProtocol.toLowerCase())) return false;
  if (ports === undefined || ports.length === 0) return true;
  return ports.some((entry) => {
    const [first = "", last = first] = entry.split("-");
    return port >= Number(first) && port <= Number(last);
  });
}

function rangeContains(range: string, source: string): boolean {
  const isIpv6 = source.includes(":");
  if (range.includes(":") !== isIpv6) return false;
  if (isIpv6) return ipv6Contains(range.includes("/") ? range : `${range}/128`, source);
  return cidrContains(range.includes("/") ? range : `${range}/32`, source);
}
