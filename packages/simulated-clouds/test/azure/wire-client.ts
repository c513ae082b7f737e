import type { SimulatedAzure } from "../../src/azure/simulated-azure.ts";
import { resourceId } from "../../src/azure/state/shelf.ts";
import { GROUP, HOME, PUBLIC_KEY } from "./sdk.ts";

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly code: string | undefined;
  readonly message: string;
  readonly headers: Headers;
}

const VERSIONS: Readonly<Record<string, string>> = {
  virtualMachines: "2026-04-01",
  virtualMachineScaleSets: "2026-04-01",
  disks: "2026-03-02",
};

/** Asks as the SDK does, without the SDK. `path` is a resource's such as `virtualMachines/a`, or a whole URL. */
export async function ask(
  cloud: SimulatedAzure,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const url = path.startsWith("https:") ? new URL(path) : resourceUrl(cloud, path);
  const { token } = await cloud.credential.getToken();
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const parsed = (text.startsWith("{") ? JSON.parse(text) : {}) as Answer["body"];
  const { code, message = "" } = (parsed["error"] ?? {}) as { code?: string; message?: string };
  return { status: response.status, body: parsed, code, message, headers: response.headers };
}

function resourceUrl({ endpoint, subscription }: SimulatedAzure, path: string): URL {
  const [type = ""] = path.split(/[/?]/u);
  const version = VERSIONS[type];
  const provider = version === undefined ? "Microsoft.Network" : "Microsoft.Compute";
  const url = new URL(`/subscriptions/${subscription}/resourceGroups/${GROUP}/providers/${provider}/${path}`, endpoint);
  if (!url.searchParams.has("api-version")) url.searchParams.set("api-version", version ?? "2026-01-01");
  return url;
}

/** Asks until what a reply began is over; how it ended. */
export async function settled(cloud: SimulatedAzure, { headers }: Answer): Promise<Answer["body"]> {
  const url = headers.get("azure-asyncoperation") ?? "";
  for (;;) {
    const { body } = await ask(cloud, "GET", url);
    if (body["status"] !== "InProgress") return body;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export const SUBNET = `${resourceId(GROUP, "Microsoft.Network/virtualNetworks", "lab-vnet")}/subnets/default`;
export const IMAGE = { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" };
const LOGIN = {
  adminUsername: "dask",
  linuxConfiguration: {
    disablePasswordAuthentication: true,
    ssh: { publicKeys: [{ path: "/home/dask/.ssh/authorized_keys", keyData: PUBLIC_KEY }] },
  },
};

export type Tree = Readonly<Record<string, unknown>>;

/** A network profile with one interface. */
export function network(nic: Tree = {}, ip: Tree = {}): Tree {
  const ipConfigurations = [{ name: "ip", properties: { subnet: { id: SUBNET }, ...ip } }];
  return {
    networkApiVersion: "2022-11-01",
    networkInterfaceConfigurations: [
      { name: "nic", properties: { primary: true, deleteOption: "Delete", ipConfigurations, ...nic } },
    ],
  };
}

/** A VM's body, with other properties and other fields beside them. */
export function vmBody(properties: Tree = {}, fields: Tree = {}): Tree {
  return {
    location: HOME,
    properties: {
      hardwareProfile: { vmSize: "Standard_DS1_v2" },
      storageProfile: { imageReference: IMAGE, osDisk: { createOption: "FromImage", deleteOption: "Delete" } },
      osProfile: { computerName: "node", ...LOGIN },
      networkProfile: network(),
      ...properties,
    },
    ...fields,
  };
}

export function osProfile(more: Tree): Tree {
  return { computerName: "node", ...LOGIN, ...more };
}

export function storage(image: Tree, disk: Tree = {}): Tree {
  return { imageReference: image, osDisk: { createOption: "FromImage", deleteOption: "Delete", ...disk } };
}

/** A scale set's body. */
export function setBody(capacity: number, properties: Tree = {}, fields: Tree = {}, profile: Tree = {}): Tree {
  return {
    location: HOME,
    sku: { name: "Standard_DS1_v2", tier: "Standard", capacity },
    properties: {
      orchestrationMode: "Flexible",
      platformFaultDomainCount: 1,
      virtualMachineProfile: {
        storageProfile: storage(IMAGE),
        osProfile: { computerNamePrefix: "w-", ...LOGIN },
        networkProfile: network(),
        ...profile,
      },
      ...properties,
    },
    ...fields,
  };
}

/** A rule of a security group that lets TCP in. */
export function rule(name: string, priority: number, more: Tree = {}): Tree {
  return {
    name,
    properties: {
      priority,
      protocol: "Tcp",
      access: "Allow",
      direction: "Inbound",
      sourcePortRange: "*",
      sourceAddressPrefix: "203.0.113.0/24",
      destinationAddressPrefix: "*",
      destinationPortRange: "8786",
      ...more,
    },
  };
}
