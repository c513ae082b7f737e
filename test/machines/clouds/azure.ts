import { azureEvents, type MachineInput, SpotNotices } from "@dask-fleet/simulated-clouds";

import { type Asked, type Disguise, type FirstFile, NOT_FOUND, type Told } from "../lab/disguise.ts";
import { macOf, WIRE_SERVER } from "../lab/ranges.ts";

/** The chassis tag that identifies Azure's machines. */
const CHASSIS = "7783-7084-3265-9085-8269-3286-77";
const USER = "azureuser";
const LEAVES: Readonly<Record<string, (machine: MachineInput) => string>> = {
  "/metadata/instance/compute/name": ({ hostname }) => hostname,
  "/metadata/instance/compute/priority": () => "Spot",
};

/** Azure: custom data come on a provisioning disk, network data from IMDS, and the wire server receives "ready". */
export class AzureDisguise implements Disguise {
  /** Machines that have reported to the wire server that they are provisioned. */
  readonly ready = new Set<string>();
  readonly notices = new SpotNotices();
  /** Names of the VMs that have asked, by machine. */
  readonly #names = new Map<string, string>();

  firmware({ instanceId }: MachineInput): Record<string, string> {
    return {
      sys_vendor: "Microsoft Corporation",
      product_name: "Virtual Machine",
      product_uuid: instanceId,
      chassis_asset_tag: CHASSIS,
    };
  }

  files(machine: MachineInput): readonly FirstFile[] {
    // Azure attaches a disk with this file, which a container cannot have; cloud-init also reads it here.
    return [{ path: "/var/lib/cloud/seed/azure/ovf-env.xml", content: provisioning(machine), mode: 0o600 }];
  }

  answer({ method, url, headers }: Asked, machine: MachineInput): Told {
    if (url.hostname === WIRE_SERVER) return this.#wireServer(method, url, machine);
    if (headers["metadata"] !== "true") return { status: 400, body: '{"error":"Bad request"}' };
    if (method !== "GET") return NOT_FOUND;
    this.#names.set(machine.id, machine.hostname);
    if (url.pathname === "/metadata/scheduledevents") {
      return azureEvents(this.notices, url.searchParams, (id) => this.#names.get(id) ?? id);
    }
    if (url.pathname === "/metadata/attested/document") return attested(url, machine);
    const leaf = LEAVES[url.pathname]?.(machine);
    if (leaf !== undefined && url.searchParams.get("format") === "text") return { status: 200, body: leaf };
    if (url.pathname !== "/metadata/instance") return NOT_FOUND;
    return { status: 200, body: JSON.stringify(instance(machine)), type: "application/json" };
  }

  #wireServer(method: string, url: URL, machine: MachineInput): Told {
    const asked = url.searchParams.get("comp");
    if (asked === "health" && method === "POST") {
      this.ready.add(machine.id);
      return { status: 200 };
    }
    return asked === "goalstate" ? { status: 200, body: goalState(machine), type: "text/xml" } : NOT_FOUND;
  }
}

/** What Azure signs has the nonce in it: half of the digest of a key. */
function attested(url: URL, machine: MachineInput): Told {
  const signature = machine.identity?.(url.searchParams.get("nonce") ?? "");
  if (signature === undefined) return NOT_FOUND;
  return { status: 200, body: JSON.stringify({ encoding: "pkcs7", signature }), type: "application/json" };
}

function instance({ instanceId, hostname, privateAddress, publicAddress = "" }: MachineInput): object {
  return {
    compute: {
      vmId: instanceId,
      name: hostname,
      location: "westeurope",
      azEnvironment: "AzurePublicCloud",
      osProfile: { adminUsername: USER, computerName: hostname, disablePasswordAuthentication: "true" },
      publicKeys: [],
    },
    network: {
      interface: [
        {
          ipv4: {
            ipAddress: [{ privateIpAddress: privateAddress, publicIpAddress: publicAddress }],
            subnet: [{ address: "10.77.0.0", prefix: "16" }],
          },
          ipv6: { ipAddress: [] },
          macAddress: macOf(privateAddress).replaceAll(":", "").toUpperCase(),
        },
      ],
    },
  };
}

function provisioning({ hostname, userData }: MachineInput): string {
  const custom = userData === undefined ? "" : `<CustomData>${userData.toString("base64")}</CustomData>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" xmlns:wa="http://schemas.microsoft.com/windowsazure" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
<wa:ProvisioningSection><wa:Version>1.0</wa:Version>
<LinuxProvisioningConfigurationSet xmlns="http://schemas.microsoft.com/windowsazure">
<ConfigurationSetType>LinuxProvisioningConfiguration</ConfigurationSetType><HostName>${hostname}</HostName>
<UserName>${USER}</UserName><DisableSshPasswordAuthentication>true</DisableSshPasswordAuthentication>${custom}
</LinuxProvisioningConfigurationSet></wa:ProvisioningSection>
<wa:PlatformSettingsSection><wa:Version>1.0</wa:Version>
<PlatformSettings xmlns="http://schemas.microsoft.com/windowsazure">
<KmsServerHostname>kms.core.windows.net</KmsServerHostname><ProvisionGuestAgent>false</ProvisionGuestAgent>
<GuestAgentPackageName i:nil="true"/><PreprovisionedVm>false</PreprovisionedVm>
</PlatformSettings></wa:PlatformSettingsSection></Environment>
`;
}

function goalState({ id }: MachineInput): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<GoalState><Version>2012-11-30</Version><Incarnation>1</Incarnation><Container><ContainerId>${id}</ContainerId>
<RoleInstanceList><RoleInstance><InstanceId>${id}</InstanceId><State>Started</State></RoleInstance></RoleInstanceList>
</Container></GoalState>
`;
}
