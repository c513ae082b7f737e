import {
  DefaultRequestSigner,
  NoRetryConfigurationDetails,
  Region,
  SimpleAuthenticationDetailsProvider,
} from "oci-common";
import {
  BlockstorageClient,
  ComputeClient,
  ComputeManagementClient,
  type models,
  VirtualNetworkClient,
} from "oci-core";
import { IdentityClient } from "oci-identity";

import { until } from "../../../../test/support/until.ts";
import type { SimulatedOci } from "../../src/oci/simulated-oci.ts";

type Launch = models.LaunchInstanceDetails;

/** OCI's SDK at a simulated cloud, and what a test asks for most. */
export class Sdk {
  readonly compute: ComputeClient;
  readonly management: ComputeManagementClient;
  readonly network: VirtualNetworkClient;
  readonly storage: BlockstorageClient;
  readonly identity: IdentityClient;
  readonly #cloud: SimulatedOci;
  readonly #signer: DefaultRequestSigner;

  constructor(cloud: SimulatedOci, privateKey = cloud.key.privateKeyPem, fingerprint = cloud.key.fingerprint) {
    const authenticationDetailsProvider = new SimpleAuthenticationDetailsProvider(
      cloud.tenancy,
      cloud.user,
      fingerprint,
      privateKey,
      null,
      Region.US_ASHBURN_1,
    );
    const settings = { authenticationDetailsProvider };
    const common = { retryConfiguration: NoRetryConfigurationDetails };
    this.#cloud = cloud;
    this.#signer = new DefaultRequestSigner(authenticationDetailsProvider);
    this.compute = new ComputeClient(settings, common);
    this.management = new ComputeManagementClient(settings, common);
    this.network = new VirtualNetworkClient(settings, common);
    this.storage = new BlockstorageClient(settings, common);
    this.identity = new IdentityClient(settings, common);
    const clients = [this.compute, this.management, this.network, this.storage, this.identity];
    for (const client of clients) client.endpoint = cloud.endpoint;
  }

  get compartmentId(): string {
    return this.#cloud.compartment;
  }

  /** The newest image of a family. */
  image(family = "Canonical-Ubuntu-24.04-2"): string {
    const found = this.#cloud.account.images.find(({ displayName }) => displayName.startsWith(family));
    if (found === undefined) throw new Error(`There is no image ${family}`);
    return found.id;
  }

  /** A launch that is all right, with some other fields. */
  details(more: Partial<Launch> = {}): Launch {
    const [availabilityDomain = ""] = this.#cloud.account.availabilityDomains;
    return {
      availabilityDomain,
      compartmentId: this.compartmentId,
      displayName: "one",
      shape: "VM.Standard.E4.Flex",
      shapeConfig: { ocpus: 1, memoryInGBs: 8 },
      sourceDetails: { sourceType: "image", imageId: this.image() },
      createVnicDetails: { subnetId: this.#cloud.publicSubnet },
      ...more,
    };
  }

  async launch(more: Partial<Launch> = {}, opcRetryToken?: string): Promise<models.Instance> {
    const launchInstanceDetails = this.details(more);
    const token = opcRetryToken === undefined ? {} : { opcRetryToken };
    return (await this.compute.launchInstance({ launchInstanceDetails, ...token })).instance;
  }

  async state(instanceId: string): Promise<string> {
    return (await this.compute.getInstance({ instanceId })).instance.lifecycleState;
  }

  async untilState(instanceId: string, state: string): Promise<void> {
    await until(`${instanceId} to be ${state}`, async () => (await this.state(instanceId)) === state);
  }

  async poolState(instancePoolId: string): Promise<string> {
    return (await this.management.getInstancePool({ instancePoolId })).instancePool.lifecycleState;
  }

  async terminate(instanceId: string, more: { readonly preserveBootVolume?: boolean } = {}): Promise<void> {
    await this.compute.terminateInstance({ instanceId, ...more });
  }

  async deleteVolume(bootVolumeId: string): Promise<void> {
    await this.storage.deleteBootVolume({ bootVolumeId });
  }

  /** What the SDK has no client for, or none that works. */
  async get(path: string): Promise<Response> {
    const uri = `${this.#cloud.endpoint}${path}`;
    const headers = new Headers();
    await this.#signer.signHttpRequest({ uri, method: "GET", headers });
    return await fetch(uri, { headers });
  }

  async json(path: string): Promise<unknown> {
    return await (await this.get(path)).json();
  }

  /** The VNIC of an instance, once it is attached. */
  async vnic(instanceId: string): Promise<models.Vnic> {
    let vnicId: string | undefined;
    await until("the VNIC", async () => {
      const { items } = await this.compute.listVnicAttachments({ compartmentId: this.compartmentId, instanceId });
      vnicId = items[0]?.vnicId;
      return typeof vnicId === "string";
    });
    return (await this.network.getVnic({ vnicId: vnicId ?? "" })).vnic;
  }

  async group(vcnId = this.vcnId, displayName = "group"): Promise<string> {
    const createNetworkSecurityGroupDetails = { compartmentId: this.compartmentId, vcnId, displayName };
    return (await this.network.createNetworkSecurityGroup({ createNetworkSecurityGroupDetails })).networkSecurityGroup
      .id;
  }

  async addRules(networkSecurityGroupId: string, securityRules: models.AddSecurityRuleDetails[]): Promise<void> {
    await this.network.addNetworkSecurityGroupSecurityRules({
      networkSecurityGroupId,
      addNetworkSecurityGroupSecurityRulesDetails: { securityRules },
    });
  }

  get vcnId(): string {
    const [vcn] = this.#cloud.account.vcns.all;
    return vcn?.id ?? "";
  }
}

/** What a refusal says, such as `500 InternalError: Out of host capacity.` */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { statusCode, serviceCode, message } = error as { statusCode: number; serviceCode: string; message: string };
    return `${statusCode} ${serviceCode}: ${message}`;
  }
  throw new Error("The call was not refused");
}
