import type { google } from "@google-cloud/compute/build/protos/protos.js";
import type { DisksClient } from "@google-cloud/compute/build/src/v1/disks_client.js";
import type { FirewallsClient } from "@google-cloud/compute/build/src/v1/firewalls_client.js";
import type { GlobalOperationsClient } from "@google-cloud/compute/build/src/v1/global_operations_client.js";
import type { ImagesClient } from "@google-cloud/compute/build/src/v1/images_client.js";
import type { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";
import type { MachineTypesClient } from "@google-cloud/compute/build/src/v1/machine_types_client.js";
import type { NetworksClient } from "@google-cloud/compute/build/src/v1/networks_client.js";
import type { SubnetworksClient } from "@google-cloud/compute/build/src/v1/subnetworks_client.js";
import type { ZoneOperationsClient } from "@google-cloud/compute/build/src/v1/zone_operations_client.js";

import { sdkFailure } from "../../../src/cloud/errors/sdk-failure.ts";

/** The parts of Google's SDK that are used; each is loaded when it is first asked. */
export interface Services {
  readonly instances: InstancesClient;
  readonly zoneOperations: ZoneOperationsClient;
  readonly globalOperations: GlobalOperationsClient;
  readonly firewalls: FirewallsClient;
  readonly images: ImagesClient;
  readonly machineTypes: MachineTypesClient;
  readonly networks: NetworksClient;
  readonly subnetworks: SubnetworksClient;
  readonly disks: DisksClient;
}

export type ClientOptions = NonNullable<ConstructorParameters<typeof InstancesClient>[0]>;
export type Gax = NonNullable<ConstructorParameters<typeof InstancesClient>[1]>;

export type ServiceClass<Name extends keyof Services> = new (options?: ClientOptions, gax?: Gax) => Services[Name];

/**
 * The whole package takes a second and 250 MB, a part a fifth of that.
 *
 * @throws DaskFleetError `SDK_MISSING`
 */
export async function loadService<Name extends keyof Services>(name: Name): Promise<ServiceClass<Name>> {
  return (await load(name)) as unknown as ServiceClass<Name>;
}

async function load(name: keyof Services): Promise<ServiceClass<keyof Services>> {
  try {
    switch (name) {
      case "instances":
        return (await import("@google-cloud/compute/build/src/v1/instances_client.js")).InstancesClient;
      case "zoneOperations":
        return (await import("@google-cloud/compute/build/src/v1/zone_operations_client.js")).ZoneOperationsClient;
      case "globalOperations":
        return (await import("@google-cloud/compute/build/src/v1/global_operations_client.js")).GlobalOperationsClient;
      case "firewalls":
        return (await import("@google-cloud/compute/build/src/v1/firewalls_client.js")).FirewallsClient;
      case "images":
        return (await import("@google-cloud/compute/build/src/v1/images_client.js")).ImagesClient;
      case "machineTypes":
        return (await import("@google-cloud/compute/build/src/v1/machine_types_client.js")).MachineTypesClient;
      case "networks":
        return (await import("@google-cloud/compute/build/src/v1/networks_client.js")).NetworksClient;
      case "subnetworks":
        return (await import("@google-cloud/compute/build/src/v1/subnetworks_client.js")).SubnetworksClient;
      case "disks":
      default:
        return (await import("@google-cloud/compute/build/src/v1/disks_client.js")).DisksClient;
    }
  } catch (cause) {
    throw sdkFailure("GCPCluster", "@google-cloud/compute", cause);
  }
}

// The messages of Compute Engine's API, as Google's SDK has them. Unknown fields are compile errors here: the SDK drops them silently.
type Field<Message, Name extends keyof Message> = NonNullable<Message[Name]>;

export type Firewall = google.cloud.compute.v1.IFirewall;
export type Image = google.cloud.compute.v1.IImage;
export type Instance = google.cloud.compute.v1.IInstance;
export type InstanceProperties = google.cloud.compute.v1.IInstanceProperties;
export type NetworkInterface = google.cloud.compute.v1.INetworkInterface;
export type Operation = google.cloud.compute.v1.IOperation;
export type Scheduling = google.cloud.compute.v1.IScheduling;
export type Subnetwork = google.cloud.compute.v1.ISubnetwork;
export type AttachedDisk = Field<Instance, "disks">[number];
