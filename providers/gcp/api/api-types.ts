import type { google } from "@google-cloud/compute/build/protos/protos.js";

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
