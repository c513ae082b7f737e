import { isIP } from "node:net";

import { NotUnderstood } from "../../core/http-cloud.ts";
import { invalidField, requiredField } from "../api-error.ts";
import type { FirewallSpec, PortRule } from "../state/firewalls.ts";
import type { Network } from "../state/networks.ts";
import { checkName, checkTags } from "./names.ts";
import { findNetwork } from "./network.ts";

/** A rule as a request carries it. */
export interface FirewallInput {
  readonly name?: string;
  readonly description?: string;
  readonly network?: string;
  readonly direction?: "INGRESS" | "EGRESS";
  readonly priority?: number;
  readonly disabled?: boolean;
  readonly sourceRanges?: readonly string[];
  readonly destinationRanges?: readonly string[];
  readonly sourceTags?: readonly string[];
  readonly targetTags?: readonly string[];
  readonly sourceServiceAccounts?: readonly string[];
  readonly targetServiceAccounts?: readonly string[];
  readonly allowed?: readonly Partial<PortRule>[];
  readonly denied?: readonly Partial<PortRule>[];
}

const PROTOCOLS = new Set(["tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all"]);
const WITH_PORTS = new Set(["tcp", "udp", "sctp", "6", "17", "132"]);
const MOST_RANGES = 5000;
const MOST_SOURCE_TAGS = 30;
const MOST_TARGET_TAGS = 70;
const LONGEST_DESCRIPTION = 2048;

/** Checks a firewall rule and completes it with the cloud's defaults. */
export function checkFirewall(project: string, input: FirewallInput, networks: readonly Network[]): FirewallSpec {
  if ((input.sourceServiceAccounts ?? []).length > 0 || (input.targetServiceAccounts ?? []).length > 0) {
    throw new NotUnderstood("not simulated: firewall rules by service account");
  }
  if (input.name === undefined) throw requiredField("resource.name");
  const { direction = "INGRESS", priority = 1000, allowed = [], denied = [], sourceTags = [], targetTags = [] } = input;
  const { sourceRanges = [], destinationRanges = [], description } = input;
  if (priority < 0 || priority > 65_535) {
    throw invalidField("resource.priority", String(priority), "Must be between 0 and 65535.");
  }
  if (allowed.length > 0 === denied.length > 0) {
    throw invalidField("resource.allowed", allowed, "Exactly one of allowed and denied must be specified.");
  }
  if ((description ?? "").length > LONGEST_DESCRIPTION) {
    throw invalidField("resource.description", description, `Must be at most ${LONGEST_DESCRIPTION} characters.`);
  }
  if (direction === "EGRESS" && (sourceRanges.length > 0 || sourceTags.length > 0)) {
    throw invalidField("resource.sourceRanges", sourceRanges, "Sources cannot be specified for EGRESS.");
  }
  if (direction === "INGRESS" && destinationRanges.length > 0 && destinationRanges[0] !== "0.0.0.0/0") {
    throw new NotUnderstood("not simulated: destination ranges of INGRESS rules");
  }
  checkRanges("resource.sourceRanges", sourceRanges);
  checkRanges("resource.destinationRanges", destinationRanges);
  // Without a source a rule holds for every one.
  const fromAnywhere = direction === "INGRESS" && sourceRanges.length === 0 && sourceTags.length === 0;
  return {
    name: checkName("resource.name", input.name),
    ...(description === undefined ? {} : { description }),
    network: findNetwork({ project }, "resource.network", input.network, networks),
    direction,
    priority,
    disabled: input.disabled ?? false,
    sourceRanges: fromAnywhere ? ["0.0.0.0/0"] : sourceRanges,
    destinationRanges,
    sourceTags: checkTags("resource.sourceTags", sourceTags, MOST_SOURCE_TAGS),
    targetTags: checkTags("resource.targetTags", targetTags, MOST_TARGET_TAGS),
    allowed: allowed.map((rule, index) => checkPorts(`resource.allowed[${index}]`, rule)),
    denied: denied.map((rule, index) => checkPorts(`resource.denied[${index}]`, rule)),
  };
}

function checkRanges(field: string, ranges: readonly string[]): void {
  if (ranges.length > MOST_RANGES) throw invalidField(field, `${ranges.length} ranges`, `At most ${MOST_RANGES}.`);
  for (const [index, range] of ranges.entries()) {
    const [address = "", bits] = range.split("/");
    const version = isIP(address);
    const valid =
      version !== 0 && (bits === undefined || (/^\d+$/u.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)));
    if (!valid || (version === 4 && bits !== undefined && !isNetworkAddress(address, Number(bits)))) {
      const why = "Must be a CIDR address range that begins at its network's address.";
      throw invalidField(`${field}[${index}]`, range, why);
    }
  }
}

function isNetworkAddress(address: string, bits: number): boolean {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return number % 2 ** (32 - bits) === 0;
}

function checkPorts(field: string, { IPProtocol: protocol, ports = [] }: Partial<PortRule>): PortRule {
  if (protocol === undefined || protocol === "") throw requiredField(`${field}.IPProtocol`);
  const lower = protocol.toLowerCase();
  if (!PROTOCOLS.has(lower) && !(/^\d{1,3}$/u.test(lower) && Number(lower) <= 255)) {
    throw invalidField(`${field}.IPProtocol`, protocol, "The protocol is unknown.");
  }
  if (ports.length > 0 && !WITH_PORTS.has(lower)) {
    throw invalidField(
      `${field}.ports`,
      ports,
      "Ports may only be specified on rules whose protocol is one of [TCP, UDP, SCTP].",
    );
  }
  for (const [index, entry] of ports.entries()) {
    const { first, last = first } = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?$/u.exec(entry)?.groups ?? {};
    if (first === undefined || Number(first) > Number(last) || Number(last) > 65_535) {
      throw invalidField(`${field}.ports[${index}]`, entry, "It must be a port or a range of ports.");
    }
  }
  return { IPProtocol: lower, ...(ports.length === 0 ? {} : { ports }) };
}
