import type { google } from "@google-cloud/compute/build/protos/protos.js";
import { DisksClient } from "@google-cloud/compute/build/src/v1/disks_client.js";
import { FirewallsClient } from "@google-cloud/compute/build/src/v1/firewalls_client.js";
import { GlobalOperationsClient } from "@google-cloud/compute/build/src/v1/global_operations_client.js";
import { ImagesClient } from "@google-cloud/compute/build/src/v1/images_client.js";
import { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";
import { MachineTypesClient } from "@google-cloud/compute/build/src/v1/machine_types_client.js";
import { NetworksClient } from "@google-cloud/compute/build/src/v1/networks_client.js";
import { RegionInstancesClient } from "@google-cloud/compute/build/src/v1/region_instances_client.js";
import { RegionOperationsClient } from "@google-cloud/compute/build/src/v1/region_operations_client.js";
import { SubnetworksClient } from "@google-cloud/compute/build/src/v1/subnetworks_client.js";
import { ZoneOperationsClient } from "@google-cloud/compute/build/src/v1/zone_operations_client.js";
import { ZonesClient } from "@google-cloud/compute/build/src/v1/zones_client.js";
import { GoogleAuth, OAuth2Client } from "google-auth-library";

import type { SimulatedGcp } from "../../src/gcp/simulated-gcp.ts";

interface ClientOptions {
  readonly apiEndpoint: string;
  readonly port: number;
  readonly protocol: string;
  readonly auth: GoogleAuth;
}

export const ZONE = "us-central1-a";
const ATTEMPT_ONCE = { retry: { retryCodes: [] } };

/** The real SDK, with a token of that cloud, or with that one. */
export class Sdk {
  readonly project: string;
  readonly #options: ClientOptions;
  readonly #clients = new Map<unknown, unknown>();

  constructor(cloud: SimulatedGcp, token = cloud.tokens.issue()) {
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
    const auth = new GoogleAuth({ authClient, projectId: cloud.project });
    this.#options = { apiEndpoint: "127.0.0.1", port: Number(new URL(cloud.endpoint).port), protocol: "http", auth };
    this.project = cloud.project;
  }

  get instances(): InstancesClient {
    return this.#client(InstancesClient);
  }

  get regionInstances(): RegionInstancesClient {
    return this.#client(RegionInstancesClient);
  }

  get zoneOperations(): ZoneOperationsClient {
    return this.#client(ZoneOperationsClient);
  }

  get regionOperations(): RegionOperationsClient {
    return this.#client(RegionOperationsClient);
  }

  get globalOperations(): GlobalOperationsClient {
    return this.#client(GlobalOperationsClient);
  }

  get firewalls(): FirewallsClient {
    return this.#client(FirewallsClient);
  }

  get networks(): NetworksClient {
    return this.#client(NetworksClient);
  }

  get subnetworks(): SubnetworksClient {
    return this.#client(SubnetworksClient);
  }

  get images(): ImagesClient {
    return this.#client(ImagesClient);
  }

  get machineTypes(): MachineTypesClient {
    return this.#client(MachineTypesClient);
  }

  get disks(): DisksClient {
    return this.#client(DisksClient);
  }

  get zones(): ZonesClient {
    return this.#client(ZonesClient);
  }

  /** Each takes its time to make. */
  #client<Client>(Type: new (options: never) => Client): Client {
    const client = this.#clients.get(Type) ?? new Type(this.#options as never);
    this.#clients.set(Type, client);
    return client as Client;
  }

  /** Asks for a VM. Resolves when the operation has begun. */
  async insert(instanceResource: Resource, { zone = ZONE, requestId }: CallOptions = {}): Promise<Begun> {
    const request = {
      project: this.project,
      zone,
      instanceResource,
      ...(requestId === undefined ? {} : { requestId }),
    };
    return begun(await this.instances.insert(request, ATTEMPT_ONCE));
  }

  async bulkInsert(resource: Resource, { zone = ZONE, requestId }: CallOptions = {}): Promise<Begun> {
    const request = {
      project: this.project,
      zone,
      bulkInsertInstanceResourceResource: resource,
      ...(requestId === undefined ? {} : { requestId }),
    };
    return begun(await this.instances.bulkInsert(request, ATTEMPT_ONCE));
  }

  async delete(instance: string, { zone = ZONE, requestId }: CallOptions = {}): Promise<Begun> {
    const request = { project: this.project, zone, instance, ...(requestId === undefined ? {} : { requestId }) };
    return begun(await this.instances.delete(request, ATTEMPT_ONCE));
  }

  async get(instance: string, zone = ZONE): Promise<google.cloud.compute.v1.IInstance> {
    return (await this.instances.get({ project: this.project, zone, instance }, ATTEMPT_ONCE))[0];
  }

  async insertFirewall(firewallResource: Resource): Promise<Begun> {
    return begun(await this.firewalls.insert({ project: this.project, firewallResource }, ATTEMPT_ONCE));
  }

  /** Waits until an operation is done, and gives its errors' codes. */
  async done(operation: Begun): Promise<readonly string[]> {
    return (await this.finished(operation)).error?.errors?.map(({ code }) => code ?? "") ?? [];
  }

  async finished({ name, zone, region }: Begun): Promise<google.cloud.compute.v1.IOperation> {
    const { project } = this;
    for (;;) {
      const [operation] = await (zone !== undefined
        ? this.zoneOperations.wait({ project, zone, operation: name }, ATTEMPT_ONCE)
        : region !== undefined
          ? this.regionOperations.wait({ project, region, operation: name }, ATTEMPT_ONCE)
          : this.globalOperations.wait({ project, operation: name }, ATTEMPT_ONCE));
      if (operation.status === "DONE") return operation;
    }
  }
}

type Resource = Record<string, unknown>;

interface CallOptions {
  readonly zone?: string;
  readonly requestId?: string;
}

/** An operation that has begun. */
export interface Begun {
  readonly name: string;
  readonly zone?: string | undefined;
  readonly region?: string | undefined;
}

/** What a call that changes something answers: the SDK keeps the operation in there. */
export function begun([reply]: readonly unknown[]): Begun {
  const { latestResponse } = reply as { latestResponse: { name: string; zone?: string; region?: string } };
  const last = (url: string | undefined): string | undefined => (url === "" ? undefined : url?.split("/").at(-1));
  const { name, zone, region } = latestResponse;
  return { name, zone: last(zone ?? undefined), region: last(region ?? undefined) };
}

/** A VM as `insert` takes it. */
export function instance(name: string, more: Resource = {}, zone = ZONE): Resource {
  return {
    name,
    machineType: `zones/${zone}/machineTypes/e2-standard-2`,
    disks: [bootDisk()],
    networkInterfaces: [{ network: "global/networks/default" }],
    ...more,
  };
}

export function bootDisk(params: Resource = {}, more: Resource = {}): Resource {
  const sourceImage = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64";
  return { boot: true, autoDelete: true, initializeParams: { sourceImage, ...params }, ...more };
}

/** VMs as `bulkInsert` takes them. */
export function bulk(count: number, more: Resource = {}, properties: Resource = {}): Resource {
  const { name: _, ...rest } = instance("");
  const instanceProperties = { ...rest, machineType: "e2-standard-2", ...properties };
  return { count, namePattern: "w-####", instanceProperties, ...more };
}

/** What the cloud refuses a call with. */
export async function refusal(call: Promise<unknown>): Promise<{ readonly status: number; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    const { httpStatusCode, message } = error as { httpStatusCode?: number; message: string };
    return { status: httpStatusCode ?? 0, message };
  }
  throw new Error("It was not refused");
}
