import type * as Common from "oci-common";
import type { models, requests } from "oci-core";
import type * as Clients from "oci-core/lib/client.js";

import { sdkFailure } from "../../../src/cloud/errors/sdk-failure.ts";

/** What is used of Oracle's SDK, whose packages must be of one version. */
export interface Sdk {
  readonly common: typeof Common;
  readonly clients: typeof Clients;
}

/** The services of OCI's core API. */
export interface Services {
  readonly compute: Clients.ComputeClient;
  readonly network: Clients.VirtualNetworkClient;
}

/**
 * Only the clients of oci-core: its waiters, requests and answers are types here, and cost a fourth of the whole.
 *
 * @throws DaskFleetError `SDK_MISSING`
 */
export async function loadSdk(): Promise<Sdk> {
  return { common: await loadCommon(), clients: await loadClients() };
}

async function loadCommon(): Promise<typeof Common> {
  try {
    return await import("oci-common");
  } catch (cause) {
    throw sdkFailure("OCICluster", "oci-common", cause, ["oci-core"]);
  }
}

async function loadClients(): Promise<typeof Clients> {
  try {
    return await import("oci-core/lib/client.js");
  } catch (cause) {
    throw sdkFailure("OCICluster", "oci-core", cause, ["oci-common"]);
  }
}

export type AuthProvider = Common.AuthenticationDetailsProvider;
export type HttpClient = Common.HttpClient;
export type HttpRequest = Common.HttpRequest;
export type RequestSigner = Common.DefaultRequestSigner;

export type AddSecurityRule = models.AddSecurityRuleDetails;
export type Image = models.Image;
export type Instance = models.Instance;
export type LaunchDetails = models.LaunchInstanceDetails;
export type SecurityGroup = models.NetworkSecurityGroup;
export type Shape = models.Shape;
export type Subnet = models.Subnet;
export type Vcn = models.Vcn;
export type VnicAttachment = models.VnicAttachment;
export type PrivateIp = models.PrivateIp;
export type ListImages = requests.ListImagesRequest;
