import type { MachineInput } from "@dask-fleet/simulated-clouds";

import { type Asked, type Disguise, type FirstFile, NOT_FOUND, type Told } from "../lab/disguise.ts";
import { GATEWAY, macOf, NETMASK } from "../lab/ranges.ts";

/** DigitalOcean, whose metadata service tells everything at once, the user data as text in JSON. */
export class DigitalOceanDisguise implements Disguise {
  // cloud-init gives only a physical interface the address from which it asks.
  readonly configured = true;

  firmware({ instanceId }: MachineInput): Record<string, string> {
    return { sys_vendor: "DigitalOcean", product_name: "Droplet", product_serial: instanceId };
  }

  files(): readonly FirstFile[] {
    const path = "/etc/cloud/cloud.cfg.d/91_lab-droplet.cfg";
    return [{ path, content: "datasource: { DigitalOcean: { use_ip4LL: false } }\n" }];
  }

  answer({ method, url }: Asked, machine: MachineInput): Told {
    if (method !== "GET" || url.pathname !== "/metadata/v1.json") return NOT_FOUND;
    return { status: 200, body: JSON.stringify(droplet(machine)), type: "application/json" };
  }
}

function droplet({ instanceId, hostname, privateAddress, userData }: MachineInput): object {
  return {
    droplet_id: Number(instanceId),
    hostname,
    region: "nyc3",
    public_keys: [],
    ...(userData === undefined ? {} : { user_data: userData.toString("utf8") }),
    interfaces: {
      public: [
        {
          type: "public",
          mac: macOf(privateAddress),
          ipv4: { ip_address: privateAddress, netmask: NETMASK, gateway: GATEWAY },
        },
      ],
    },
    dns: { nameservers: [GATEWAY] },
  };
}
