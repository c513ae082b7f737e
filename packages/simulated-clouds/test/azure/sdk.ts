import { ComputeManagementClient } from "@azure/arm-compute";
import type { VirtualMachine, VirtualMachineScaleSet } from "@azure/arm-compute";
import { NetworkManagementClient } from "@azure/arm-network";

import { GROUP, HOME, NETWORK_GROUP } from "../../src/azure/state/account.ts";

export { GROUP, HOME, NETWORK_GROUP };

/** A real one, which nobody has the private half of. */
export const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl somebody@example.com";

interface Where {
  readonly credential: ConstructorParameters<typeof ComputeManagementClient>[0];
  readonly subscription: string;
  readonly endpoint: string;
}

/** The real SDK, at a simulated cloud. */
export class Sdk {
  readonly compute: ComputeManagementClient;
  readonly network: NetworkManagementClient;
  readonly subscription: string;
  /** For each call that takes a while. */
  readonly often = { updateIntervalInMs: 2 };

  constructor({ credential, subscription, endpoint }: Where) {
    const options = { endpoint, retryOptions: { maxRetries: 0 } };
    this.subscription = subscription;
    this.compute = new ComputeManagementClient(credential, subscription, options);
    this.network = new NetworkManagementClient(credential, subscription, options);
  }

  id(type: string, name: string, group = GROUP): string {
    return `/subscriptions/${this.subscription}/resourceGroups/${group}/providers/${type}/${name}`;
  }

  subnet(name = "default", network = "lab-vnet", group = GROUP): string {
    return `${this.id("Microsoft.Network/virtualNetworks", network, group)}/subnets/${name}`;
  }

  /** A small VM with a public address, all of which goes with it. */
  vm(more: Partial<VirtualMachine> = {}): VirtualMachine {
    return {
      location: HOME,
      tags: { "cluster-name": "lab" },
      hardwareProfile: { vmSize: "Standard_DS1_v2" },
      storageProfile: {
        imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
        osDisk: { createOption: "FromImage", deleteOption: "Delete" },
      },
      osProfile: { computerName: "node-1", adminUsername: "dask", linuxConfiguration: this.#linux },
      networkProfile: {
        networkApiVersion: "2022-11-01",
        networkInterfaceConfigurations: [
          {
            name: "nic",
            tags: { "cluster-name": "lab" },
            primary: true,
            deleteOption: "Delete",
            ipConfigurations: [
              {
                name: "ip",
                subnet: { id: this.subnet() },
                publicIPAddressConfiguration: {
                  name: "public",
                  sku: { name: "Standard", tier: "Regional" },
                  tags: { "cluster-name": "lab" },
                  publicIPAllocationMethod: "Static",
                  deleteOption: "Delete",
                },
              },
            ],
          },
        ],
      },
      ...more,
    };
  }

  /** A Flexible scale set of such VMs without public addresses. */
  scaleSet(capacity: number, more: Partial<VirtualMachineScaleSet> = {}): VirtualMachineScaleSet {
    const { storageProfile } = this.vm();
    return {
      location: HOME,
      tags: { "cluster-name": "lab" },
      sku: { name: "Standard_DS1_v2", tier: "Standard", capacity },
      orchestrationMode: "Flexible",
      platformFaultDomainCount: 1,
      virtualMachineProfile: {
        storageProfile: { ...storageProfile },
        osProfile: { computerNamePrefix: "worker-", adminUsername: "dask", linuxConfiguration: this.#linux },
        networkProfile: {
          networkApiVersion: "2022-11-01",
          networkInterfaceConfigurations: [
            {
              name: "nic",
              primary: true,
              ipConfigurations: [{ name: "ip", subnet: { id: this.subnet() } }],
            },
          ],
        },
      },
      ...more,
    };
  }

  get #linux(): NonNullable<NonNullable<VirtualMachine["osProfile"]>["linuxConfiguration"]> {
    return {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ path: "/home/dask/.ssh/authorized_keys", keyData: PUBLIC_KEY }] },
    };
  }
}
