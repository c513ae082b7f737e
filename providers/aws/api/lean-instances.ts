import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

/** Actions that answer with instances, of which there may be a thousand. */
const ABOUT_INSTANCES: ReadonlySet<string> = new Set(["DescribeInstances", "RunInstances"]);

/**
 * Parts of an instance that nobody here reads. None contains another of its own name. Most of an answer's elements are in them, and
 * elements are what its parsing costs.
 */
const UNREAD_PARTS = [
  "blockDeviceMapping",
  "groupSet",
  "metadataOptions",
  "privateDnsNameOptions",
  "capacityReservationSpecification",
  "cpuOptions",
  "enclaveOptions",
  "hibernationOptions",
  "maintenanceOptions",
  "networkPerformanceOptions",
  "monitoring",
  "productCodes",
  "iamInstanceProfile",
];
const UNREAD_TEXTS = [
  "imageId",
  "privateDnsName",
  "dnsName",
  "keyName",
  "amiLaunchIndex",
  "architecture",
  "rootDeviceType",
  "rootDeviceName",
  "virtualizationType",
  "hypervisor",
  "clientToken",
  "ebsOptimized",
  "enaSupport",
  "sourceDestCheck",
  "bootMode",
  "currentInstanceBootMode",
  "platformDetails",
  "usageOperation",
  "usageOperationUpdateTime",
  "subnetId",
  "vpcId",
];

const PARTS = new RegExp(String.raw`<(${UNREAD_PARTS.join("|")})>.*?</\1>`, "gsu");
const TEXTS = new RegExp(String.raw`<(${UNREAD_TEXTS.join("|")})>[^<]*</\1>`, "gu");
/** An instance's only IPv6 address may stand in them. */
const INTERFACES = /<networkInterfaceSet>.*?<\/networkInterfaceSet>/gsu;

/** Whether an action's answer is worth cutting. */
export function hasInstances(action: string): boolean {
  return ABOUT_INSTANCES.has(action);
}

/** An answer without what nobody reads of its instances. Anything else, such as an error, stays as it is. */
export async function leanInstances(body: Readable): Promise<Uint8Array> {
  return Buffer.from(withoutUnread(await text(body)));
}

/** Exported for its test. */
export function withoutUnread(xml: string): string {
  return xml
    .replaceAll(INTERFACES, (part) => (part.includes("<ipv6Address>") ? part : ""))
    .replaceAll(PARTS, "")
    .replaceAll(TEXTS, "");
}
