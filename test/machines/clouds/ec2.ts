import { randomBytes } from "node:crypto";

import type { MachineInput } from "../../simulated/core/boot.ts";
import {
  type Asked,
  type Disguise,
  isFolder,
  listing,
  lookUp,
  NOT_FOUND,
  type Told,
  type Tree,
} from "../lab/disguise.ts";
import { macOf, PRIVATE_CIDR } from "../lab/ranges.ts";

/** The dates of the metadata service's versions that cloud-init asks for. */
const VERSIONS = new Set(["latest", "2021-03-23", "2018-09-24", "2016-09-02", "2009-04-04"]);
const ZONE = "us-east-1a";

/** Amazon EC2, whose metadata service answers only who has fetched a token first (IMDSv2). */
export class Ec2Disguise implements Disguise {
  readonly #tokens = new Set<string>();

  firmware({ instanceId }: MachineInput): Record<string, string> {
    // A Nitro machine's UUID begins with ec2, and is its serial number too.
    const uuid = `ec2${Buffer.from(instanceId).toString("hex").padEnd(29, "0").slice(-29)}`;
    const dashed = uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
    return { sys_vendor: "Amazon EC2", product_name: "t3.medium", product_uuid: dashed, product_serial: dashed };
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
    const found = lookUp(tree(machine), path.join("/"));
    if (found === undefined) return NOT_FOUND;
    return { status: 200, body: isFolder(found) ? listing(found) : found };
  }
}

function tree({ instanceId, hostname, privateAddress, publicAddress, userData }: MachineInput): Tree {
  const mac = macOf(privateAddress);
  const network = {
    "device-number": "0",
    "interface-id": `eni-${instanceId.slice(2)}`,
    "local-hostname": hostname,
    "local-ipv4s": privateAddress,
    mac,
    "subnet-ipv4-cidr-block": PRIVATE_CIDR,
    "vpc-id": "vpc-lab",
    ...(publicAddress === undefined ? {} : { "public-ipv4s": publicAddress }),
  };
  const document = {
    instanceId,
    region: ZONE.slice(0, -1),
    availabilityZone: ZONE,
    privateIp: privateAddress,
    instanceType: "t3.medium",
  };
  return {
    "meta-data": {
      "ami-id": "ami-00000000000000001",
      "ami-launch-index": "0",
      hostname,
      "instance-id": instanceId,
      "instance-life-cycle": "on-demand",
      "instance-type": "t3.medium",
      "local-hostname": hostname,
      "local-ipv4": privateAddress,
      mac,
      network: { interfaces: { macs: { [mac]: network } } },
      placement: { "availability-zone": ZONE, region: ZONE.slice(0, -1) },
      "reservation-id": "r-00000000000000001",
      services: { domain: "amazonaws.com", partition: "aws" },
    },
    dynamic: { "instance-identity": { document: JSON.stringify(document) } },
    ...(userData === undefined ? {} : { "user-data": userData }),
  };
}
