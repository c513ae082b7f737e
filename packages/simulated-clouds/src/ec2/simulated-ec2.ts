import { HttpCloud, type WireReply, type WireRequest } from "../core/http-cloud.ts";
import { dispatch } from "./dispatch.ts";
import { InstanceMetadata } from "./instance-metadata.ts";
import { terminate } from "./launch/ending.ts";
import type { CapacityRule, Quotas, SimulatedEc2Options } from "./options.ts";
import { Access } from "./state/access.ts";
import { Account, type NewVpc } from "./state/account.ts";
import { type Ec2Instance, type EndReason, HOST_FAILURE, SPOT_INTERRUPTION } from "./state/instance.ts";
import { leftoversOf } from "./state/leftovers.ts";
import type { NetworkInterface } from "./state/network-interface.ts";
import type { SecurityGroup } from "./state/security-group.ts";
import type { SpotRequest } from "./state/spot-request.ts";
import type { Volume } from "./state/volume.ts";
import { requestLimitExceeded, Throttle } from "./throttle.ts";
import { errorReply } from "./wire/replies.ts";
import { queryOf } from "./wire/request.ts";

/** A machine, as a test looks at it. */
export interface Ec2MachineView {
  readonly id: string;
  /** EC2's word: `pending`, `running`, `shutting-down`, `terminated`, `stopping` or `stopped`. */
  readonly state: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly imageId: string;
  /** The image's. */
  readonly architecture: "x86_64" | "arm64";
  readonly spot: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly privateAddress: string;
  /** Once EC2 shows it. */
  readonly publicAddress: string | undefined;
  readonly ipv6Address: string | undefined;
  readonly securityGroupIds: readonly string[];
  /** What was sent, its base64 taken off. */
  readonly userData: Buffer | undefined;
}

/**
 * Amazon EC2's API (version 2016-11-15): one account in one region, on the loopback. It is as strict as AWS, and knows every
 * operation's input and output from the SDK's own description.
 */
export class SimulatedEc2 extends HttpCloud {
  readonly region: string;
  /** What the credentials may do. */
  readonly access = new Access();
  /** What instances learn of themselves. */
  readonly metadata = new InstanceMetadata();
  readonly #options: SimulatedEc2Options;
  #account: Account | undefined;
  #throttle: Throttle | undefined;

  constructor(options: SimulatedEc2Options = {}) {
    super(options);
    this.#options = options;
    this.region = options.region ?? "us-east-1";
  }

  /** All instances that EC2 still knows, those that are terminated included, in the order of their launch. */
  get machines(): readonly Ec2MachineView[] {
    return this.#started.instances.all.map((instance) => this.#view(instance));
  }

  /** The same, as the cloud has them. */
  get instances(): readonly Ec2Instance[] {
    return this.#started.instances.all;
  }

  get securityGroups(): readonly SecurityGroup[] {
    return this.#started.groups.all;
  }

  get volumes(): readonly Volume[] {
    return this.#started.volumes.all;
  }

  get networkInterfaces(): readonly NetworkInterface[] {
    return this.#started.interfaces.all;
  }

  /** Those whose instances are there. */
  get spotRequests(): readonly SpotRequest[] {
    return this.#started.spotRequests.all.filter(({ state }) => state === "active");
  }

  /** The capacity in instances. */
  set capacity(rules: readonly CapacityRule[]) {
    this.#started.room.rules = rules;
  }

  set quotas(quotas: Quotas) {
    this.#started.room.quotas = quotas;
  }

  /** What becomes of the machines launched from now on: EC2 ends them for this reason before they run. Undefined: they run. */
  set launchFailure(reason: EndReason | undefined) {
    this.#started.launchFailure = reason;
  }

  /** Makes an instance profile, which EC2 knows a while later. */
  addInstanceProfile(name: string): void {
    this.#started.instanceProfiles.set(name, this.#started.visibleSoon);
  }

  /** Makes another VPC, with its default security group. */
  addVpc(vpc: NewVpc): { readonly vpcId: string; readonly subnetIds: readonly string[] } {
    return this.#started.addVpc(vpc);
  }

  /** Everything with that `cluster-name` tag that still exists. */
  leftovers(clusterName: string): readonly { readonly kind: string; readonly id: string }[] {
    return leftoversOf(this.#started, clusterName);
  }

  /** Somebody writes other tags on an instance. */
  retag(instanceId: string, tags: Readonly<Record<string, string>>): void {
    const own = this.#started.instances.get(instanceId)?.tags;
    own?.clear();
    for (const [key, value] of Object.entries(tags)) own?.set(key, value);
  }

  /** Ends an instance as AWS does: a spot instance is reclaimed; the host of any other fails. */
  kill(instanceId: string): void {
    const instance = this.#started.instances.get(instanceId);
    if (instance === undefined) throw new Error(`There is no instance ${instanceId}`);
    terminate(this.#started, instance, instance.plan.spot === undefined ? HOST_FAILURE : SPOT_INTERRUPTION);
  }

  /** Variables that point the SDK, and a cluster, here, with no code. */
  environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_EC2: this.endpoint,
      AWS_ACCESS_KEY_ID: "AKIASIMULATED0000000",
      AWS_SECRET_ACCESS_KEY: "simulated-secret",
      AWS_REGION: this.region,
      // The same for the command line of AWS and for boto3.
      AWS_DEFAULT_REGION: this.region,
      AWS_EC2_METADATA_DISABLED: "true",
      DASK_CLOUDPROVIDER__EC2__ADDRESS_SERVICE: `${this.endpoint}/checkip`,
      DASK_CLOUDPROVIDER__EC2__IDENTITY_CERTIFICATES: `${this.endpoint}/regions-certs.html`,
    };
  }

  protected override seed(): void {
    const { clock, fleet, addresses, region } = this;
    this.access.reset();
    const around = (instance: string) => ({ DASK_FLEET_METADATA_URL: `${this.endpoint}/imds/${instance}` });
    this.#account = new Account({ clock, fleet, addresses, region, options: this.#options, around });
    this.#throttle = this.#options.throttling === true ? new Throttle(clock) : undefined;
  }

  protected override aside(request: WireRequest): WireReply | Promise<WireReply> | undefined {
    return this.metadata.answer(request, this.#started) ?? super.aside(request);
  }

  protected override operationOf(request: WireRequest): string {
    return queryOf(request).get("Action") ?? "";
  }

  protected override async answer(operation: string, request: WireRequest): Promise<WireReply> {
    return await dispatch(operation, request, {
      account: this.#started,
      access: this.access,
      throttle: this.#throttle,
      clockAheadMs: this.clockAheadMs,
      violation: (message) => void this.violations.push(message),
    });
  }

  protected override throttled(): WireReply {
    return errorReply(requestLimitExceeded());
  }

  protected override internalError(): WireReply {
    return errorReply({ code: "InternalError", message: "An internal error has occurred", status: 500 });
  }

  protected override notUnderstood(message: string): WireReply {
    return errorReply({ code: "InvalidRequest", message, status: 400 });
  }

  get #started(): Account {
    if (this.#account === undefined) throw new Error("This simulated cloud does not run: await its start()");
    return this.#account;
  }

  #view(instance: Ec2Instance): Ec2MachineView {
    const { id, state, zone, plan, tags, networkInterface } = instance;
    return {
      id,
      state,
      zone,
      instanceType: plan.type.name,
      imageId: plan.image.id,
      architecture: plan.image.architecture,
      spot: plan.spot !== undefined,
      tags: Object.fromEntries(tags),
      privateAddress: networkInterface.privateAddress,
      publicAddress: instance.publicAddressShown,
      ipv6Address: networkInterface.ipv6Address,
      securityGroupIds: networkInterface.groupIds,
      userData: plan.userData,
    };
  }
}
