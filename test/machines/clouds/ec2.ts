import { randomBytes } from "node:crypto";

import { ec2Spot, type MachineInput, SpotNotices } from "@dask-fleet/simulated-clouds";

import {
  type Asked,
  type Disguise,
  type FirstFile,
  isFolder,
  listing,
  lookUp,
  NOT_FOUND,
  type Told,
  type Tree,
} from "../lab/disguise.ts";
import { IPV6_CIDR, macOf, PRIVATE_CIDR } from "../lab/ranges.ts";

/** The dates of the metadata service's versions that cloud-init asks for. */
const VERSIONS = new Set(["latest", "2021-03-23", "2018-09-24", "2016-09-02", "2009-04-04"]);
const ZONE = "us-east-1a";

/** Amazon EC2, whose metadata service requires a token (IMDSv2). */
export class Ec2Disguise implements Disguise {
  readonly notices = new SpotNotices();
  readonly #tokens = new Set<string>();

  firmware({ instanceId }: MachineInput): Record<string, string> {
    // A Nitro machine's UUID begins with ec2, and is its serial number too.
    const uuid = `ec2${Buffer.from(instanceId).toString("hex").padEnd(29, "0").slice(-29)}`;
    const dashed = uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
    return { sys_vendor: "Amazon EC2", product_name: "t3.medium", product_uuid: dashed, product_serial: dashed };
  }

  /** Without IPv4 cloud-init still requests it, and dhclient would wait for a minute. */
  files({ ipv6Only = false }: MachineInput): readonly FirstFile[] {
    return ipv6Only ? [{ path: "/etc/dhcp/dhclient.conf", content: "timeout 5;\n" }] : [];
  }

  answer({ method, url, headers }: Asked, machine: MachineInput): Told {
    if (method === "PUT" && url.pathname === "/latest/api/token") {
      if (headers["x-aws-ec2-metadata-token-ttl-seconds"] === undefined) return { status: 400 };
      const token = randomBytes(24).toString("base64url");
      this.#tokens.add(token);
      return { status: 200, body: token };
    }
    const token = headers["x-aws-ec2-metadata-token"];
    if (typeof token !== "string" || !this.#tokens.has(token)) return { status: 401, body: "Unauthorized\n" };
    const [, version = "", ...path] = url.pathname.split("/");
    if (method !== "GET" || !VERSIONS.has(version)) return NOT_FOUND;
    const found = lookUp(tree(machine, this.notices), path.join("/"));
    if (found === undefined) return NOT_FOUND;
    return { status: 200, body: isFolder(found) ? listing(found) : found };
  }
}

function tree(machine: MachineInput, notices: SpotNotices): Tree {
  const { instanceId, hostname, privateAddress, publicAddress, ipv6Address, ipv6Only = false, userData } = machine;
  const mac = macOf(privateAddress);
  const spot = ec2Spot(notices, machine.id);
  const network = {
    "device-number": "0",
    "interface-id": `eni-${instanceId.slice(2)}`,
    "local-hostname": hostname,
    mac,
    ...(ipv6Only ? {} : { "local-ipv4s": privateAddress, "subnet-ipv4-cidr-block": PRIVATE_CIDR }),
    ...(ipv6Address === undefined ? {} : { ipv6s: ipv6Address, "subnet-ipv6-cidr-blocks": IPV6_CIDR }),
    "vpc-id": "vpc-lab",
    ...(publicAddress === undefined ? {} : { "public-ipv4s": publicAddress }),
  };
  // It names no key.
  const signed = machine.identity?.("");
  const document = {
    instanceId,
    region: ZONE.slice(0, -1),
    availabilityZone: ZONE,
    privateIp: ipv6Only ? null : privateAddress,
    instanceType: "t3.medium",
  };
  return {
    "meta-data": {
      "ami-id": "ami-00000000000000001",
      "ami-launch-index": "0",
      hostname,
      "instance-id": instanceId,
      "instance-life-cycle": "spot",
      "instance-type": "t3.medium",
      "local-hostname": hostname,
      ...(ipv6Only ? {} : { "local-ipv4": privateAddress }),
      ...(ipv6Address === undefined ? {} : { ipv6: ipv6Address }),
      mac,
      network: { interfaces: { macs: { [mac]: network } } },
      placement: { "availability-zone": ZONE, region: ZONE.slice(0, -1) },
      "reservation-id": "r-00000000000000001",
      ...(spot === undefined ? {} : { spot }),
      services: { domain: "amazonaws.com", partition: "aws" },
    },
    dynamic: {
      "instance-identity": {
        document: JSON.stringify(document),
        ...(signed === undefined ? {} : { rsa2048: signed }),
      },
    },
    ...(userData === undefined ? {} : { "user-data": userData }),
  };
}
