import { createHash } from "node:crypto";

import type { MachineInput } from "@dask-fleet/simulated-clouds";
import type { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";

import { type Asked, type Disguise, isFolder, lookUp, NOT_FOUND, type Told, type Tree } from "../lab/disguise.ts";
import { GATEWAY, macOf, METADATA, PRIVATE_CIDR } from "../lab/ranges.ts";

/** The chassis tag that identifies Oracle's machines. */
const CHASSIS = "OracleCloud.com";
const ALLOWED = "Bearer Oracle";
const REGION = "us-ashburn-1";
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host"];

/** Oracle's cloud with version 1 of its metadata service off, as a cluster's machines ask for it. */
export class OciDisguise implements Disguise {
  readonly #stores: SimulatedStores | undefined;

  /** @param stores who gives its machines an identity. Default: nobody */
  constructor(stores?: SimulatedStores) {
    this.#stores = stores;
  }

  firmware({ instanceId }: MachineInput): Record<string, string> {
    return {
      sys_vendor: "QEMU",
      product_name: "Standard PC (i440FX + PIIX, 1996)",
      product_uuid: uuidOf(instanceId),
      chassis_asset_tag: CHASSIS,
    };
  }

  answer({ method, url, headers }: Asked, machine: MachineInput): Told {
    const [, service, version, ...path] = url.pathname.split("/");
    // Also /openstack and /opc/v1, which the instance's options turn off.
    if (method !== "GET" || service !== "opc" || version !== "v2") return NOT_FOUND;
    if (headers["authorization"] !== ALLOWED || FORWARDED.some((name) => headers[name] !== undefined)) {
      return { status: 401, body: "Unauthorized\n" };
    }
    if (path[0] === "identity") return this.#identity(url);
    if (path[0] === "vnics") return json(vnics(machine));
    const found = lookUp({ instance: instance(machine) }, path.join("/"));
    if (found === undefined) return NOT_FOUND;
    return isFolder(found) ? json(found) : { status: 200, body: found };
  }

  #identity(url: URL): Told {
    const asked = { method: "GET", host: METADATA, url, headers: { authorization: ALLOWED }, body: Buffer.alloc(0) };
    const { status, body } = this.#stores?.oci.principal.metadata(asked) ?? NOT_FOUND;
    return { status, ...(body === undefined ? {} : { body }) };
  }
}

function instance({ instanceId, hostname, userData }: MachineInput): Tree {
  return {
    availabilityDomain: "Uocm:US-ASHBURN-AD-1",
    ociAdName: "iad-ad-1",
    faultDomain: "FAULT-DOMAIN-1",
    compartmentId: "ocid1.compartment.oc1..lab",
    displayName: hostname,
    hostname,
    id: instanceId,
    metadata: userData === undefined ? {} : { user_data: userData.toString("base64") },
    region: REGION,
    canonicalRegionName: REGION,
    regionInfo: {
      realmDomainComponent: "oraclecloud.com",
      realmKey: "oc1",
      regionIdentifier: REGION,
      regionKey: "IAD",
    },
    shape: "VM.Standard.E4.Flex",
    state: "Running",
  };
}

function vnics({ instanceId, privateAddress }: MachineInput): readonly object[] {
  return [
    {
      vnicId: instanceId.replace("instance", "vnic"),
      privateIp: privateAddress,
      vlanTag: 1039,
      macAddr: macOf(privateAddress).toUpperCase(),
      virtualRouterIp: GATEWAY,
      subnetCidrBlock: PRIVATE_CIDR,
    },
  ];
}

function json(value: object): Told {
  return { status: 200, body: JSON.stringify(value), type: "application/json" };
}

/** The firmware's serial number, which on OCI is not the instance's id. */
function uuidOf(instanceId: string): string {
  const digits = createHash("sha256").update(instanceId).digest("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/u, "$1-$2-$3-$4-$5");
}
